// A gated memory: two states, what leads from one to the other, and what happened in this step.

const MEMORY_LEFT = 150;

/** @param {PageData} _data @param {DrawnMemory} block @param {number} index @returns {Promise<HTMLElement[]>} */
async function memoryDrawn(_data, block, index) {
  const live = drawnLive;
  const [select, value] = [block.select[index], block.value[index]];
  const bits = live?.moment?.bits;
  const read = (/** @type {string} */ name) => (live && bits ? valueAmong(live, bits, name) : undefined);
  const [before, chosen, given] = [`state.${block.name}[${index}]`, select, value].map(read);
  const known = before !== undefined && chosen !== undefined && given !== undefined;
  const now = known ? (chosen ? given : before) : undefined;
  const happened = !known
    ? ""
    : chosen
      ? given === before
        ? `took ${given} again`
        : given
          ? "was set"
          : "was cleared"
      : "kept what it held";
  const told = known
    ? `It held ${before}; ${select} is ${chosen}, ${value} is ${given}: it ${happened}.`
    : `It takes ${value} where ${select} is 1.`;
  const lit = (/** @type {number} */ from, /** @type {number} */ to) => (before === from && now === to ? "lit" : "");
  const state = (/** @type {number} */ bit) => {
    const left = bit ? MEMORY_LEFT + 220 : MEMORY_LEFT;
    const look = now === bit ? " lit" : before === bit ? " was" : "";
    return drawn(
      "g",
      { class: `state${look}`, transform: `translate(${left} 40)` },
      drawn("rect", { width: 44, height: 44, rx: 22 }),
      drawn("text", { x: 22, y: 27, "text-anchor": "middle" }, String(bit)),
    );
  };
  const [zero, one] = [MEMORY_LEFT, MEMORY_LEFT + 220];
  const label = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ text, anchor = "middle") =>
    drawn("text", { x, y, "text-anchor": anchor }, text);
  const picture = drawn(
    "svg",
    { class: "machine", width: 520, height: 124, viewBox: "0 0 520 124", role: "img", "aria-label": told },
    drawn("path", { class: lit(0, 1), d: `M${zero + 40} 50C${zero + 90} 22 ${one - 46} 22 ${one + 4} 50` }),
    drawn("path", { class: lit(1, 0), d: `M${one + 4} 74C${one - 46} 102 ${zero + 90} 102 ${zero + 40} 74` }),
    drawn("path", { class: lit(0, 0), d: `M${zero + 8} 46C${zero - 50} 20 ${zero - 50} 104 ${zero + 8} 78` }),
    drawn("path", { class: lit(1, 1), d: `M${one + 36} 46C${one + 94} 20 ${one + 94} 104 ${one + 36} 78` }),
    label((zero + one + 44) / 2, 20, "select 1, value 1"),
    label((zero + one + 44) / 2, 112, "select 1, value 0"),
    label(zero - 40, 66, "else", "end"),
    label(one + 84, 66, "else", "start"),
    state(0),
    state(1),
  );
  const names = element("p", { className: "count" }, "select: ", memoryLink(select), ", value: ", memoryLink(value));
  return [element("p", {}, told), element("div", { className: "scroll" }, picture), names];
}

/** @param {string} name */
const memoryLink = (name) => element("a", { className: "signal", href: addressOf(name) }, name);
