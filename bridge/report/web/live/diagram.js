// The block diagram, live: which bits of each block are 1, which differ, and whom a block reads.

const [STRIPE_LEFT, STRIPE_TOP, STRIPE_WIDE, STRIPE_HIGH] = [8, 33, 116, 9]; // of the stripes of a box

/**
 * A bar for each of these bits.
 * @param {number} count of the block @param {number[]} places
 */
function stripes(count, places) {
  const wide = STRIPE_WIDE / Math.max(count, 24);
  return places
    .map(
      (place) =>
        `M${(STRIPE_LEFT + wide * place).toFixed(2)} ${STRIPE_TOP}h${wide.toFixed(2)}v${STRIPE_HIGH}h-${wide.toFixed(2)}z`,
    )
    .join("");
}

/** Whom a box reads and who reads it, while one looks at it. @param {Element} diagram */
function startWires(diagram) {
  const boxes = [...diagram.querySelectorAll(".box")];
  const wires = /** @type {SVGPathElement[]} */ ([...diagram.querySelectorAll(".wire")]);
  const show = (/** @type {Event} */ event) => {
    const box = event.target instanceof Element && event.target.closest(".box");
    const at = box ? String(boxes.indexOf(box)) : null;
    for (const wire of wires) {
      const here = at !== null && (wire.dataset.from === at || wire.dataset.to?.split(" ").includes(at));
      wire.classList.toggle("here", Boolean(here));
    }
    diagram.classList.toggle("looking", at !== null);
  };
  for (const kind of ["pointerover", "focusin", "pointerleave", "focusout"]) diagram.addEventListener(kind, show);
}

/** The bits of each block and the paths that show them. @param {Live} live @param {Element} diagram */
function startBoxes(live, diagram) {
  const boxes = [...diagram.querySelectorAll("a.box")].map((box) => {
    const name = box.getAttribute("data-block") ?? "";
    const [on, differ] = box.querySelectorAll("path.bits");
    return { box, bits: bitsNamed(live, name), on, differ, told: box.getAttribute("aria-label") };
  });
  const draw = () => {
    const [now, before] = [live.moment, live.unchanged];
    for (const { box, bits, on, differ, told } of boxes) {
      const ones = now ? bits.flatMap((bit, place) => (bitAt(now.bits, bit) ? [place] : [])) : [];
      const others =
        now && before
          ? bits.flatMap((bit, place) => (bitAt(now.bits, bit) !== bitAt(before.bits, bit) ? [place] : []))
          : [];
      on.setAttribute("d", stripes(bits.length, ones));
      differ.setAttribute("d", stripes(bits.length, others));
      box.classList.toggle("changed", others.length > 0);
      const present = bits.length && now ? `; ${ones.length} of ${bits.length} are 1` : "";
      const changed = others.length ? `, ${others.length} changed` : "";
      box.setAttribute("aria-label", `${told}${present}${changed}`);
    }
  };
  live.watch(onceAFrame(draw));
}

starts.push(() => {
  const diagram = document.getElementById("live-diagram");
  if (diagram) startWires(diagram);
});

panels.push((live) => {
  const diagram = document.getElementById("live-diagram");
  if (!diagram) return;
  diagram.classList.add("running");
  startBoxes(live, diagram);
  diagram.addEventListener("click", (event) => {
    const box = event.target instanceof Element && event.target.closest("a.box");
    if (!box) return;
    const heading = [...document.querySelectorAll("#live-state [data-signal]")].find(
      (shown) => shown instanceof HTMLElement && shown.dataset.signal === box.getAttribute("data-block"),
    );
    if (!(heading instanceof HTMLElement)) return;
    event.preventDefault();
    heading.scrollIntoView({ block: "center", behavior: "instant" });
    heading.focus({ preventScroll: true });
  });
});
