// Why this byte: what it costs, which bits and earlier bytes it hangs on, and what its number is the sum of.

const WHY = {
  first: 12, // rows at the start
  more: 36, // and with every "more"
  tried: 2048, // bits at most that are turned one by one to see what would come first
  pause: 120, // milliseconds of rest before anything is worked out
};

/**
 * What is asked, and what was found. target, rather: bytes, or numbers of classes; null: the one that suggests itself,
 * nothing.
 * @typedef {{target: number | null, rather: number | null, among: string, shown: number, causes: Cause[], millis: number}} Question
 */

/** A row: what it is now, its name, the effect drawn and told, and its page. @param {Live} live @param {Cause} cause @param {number} largest */
function causeRow(live, cause, largest) {
  const { name, step, effect } = cause;
  const own = { tabindex: -1, className: "cause" };
  const bar = element(
    "span",
    { className: `effect ${effect > 0 ? "for" : "against"}`, "aria-hidden": "true" },
    element("i"),
  );
  bar.style.setProperty("--part", String(Math.abs(effect) / largest));
  const told = element("span", { className: "told" }, signed(effect, shownBits));
  if (step !== undefined) {
    const [was, instead] = [cause.byte, cause.instead].map((byte) => shownByte(byte ?? 0));
    const words = `‘${was}’ at ${step}`;
    return element(
      "li",
      { ...own, "data-step": step, "aria-label": `${words}, if ‘${instead}’: ${told.textContent}` },
      element("span", { className: "bit byte" }, was),
      element("span", { className: "name" }, words, element("span", { className: "count" }, ` if ‘${instead}’`)),
      bar,
      told,
    );
  }
  const on = cause.value ? "bit on" : "bit";
  const changed = live.unchanged && cause.value !== bitAt(live.unchanged.bits, live.names.get(name) ?? 0);
  return element(
    "li",
    { ...own, "data-signal": name, "aria-label": `${name}, now ${cause.value}, if turned: ${told.textContent}` },
    element("span", { className: `${on}${changed ? " changed" : ""}` }, String(cause.value)),
    element("a", { className: "signal name", href: addressOf(name), tabindex: -1 }, name),
    bar,
    told,
  );
}

/** A choice of buttons of which one is pressed. @param {string} label @param {{text: string, note: string, value: number, on: boolean}[]} options @param {(value: number) => void} choose */
function chooser(label, options, choose) {
  const buttons = options.map(({ text, note, value, on }) =>
    buttonTo([element("code", {}, text), " ", note], () => choose(value), { "aria-pressed": String(on) }),
  );
  return element("div", { className: "chips", role: "group", "aria-label": label }, buttons);
}

/** @param {string} label @param {[string, string][]} options value and text @param {string} chosen @param {(value: string) => void} choose */
function selector(label, options, chosen, choose) {
  const items = options.map(([value, text]) => element("option", { value, selected: value === chosen }, text));
  const select = element("select", { "aria-label": label }, items);
  select.addEventListener("change", () => choose(select.value));
  return element("label", { className: "choice" }, `${label} `, select);
}

/** The byte or class that is asked about, and the one it is compared with. @param {Live} live @param {Question} question @param {number} target @param {(change: Partial<Question>) => void} ask */
function asking(live, question, target, ask) {
  const { targets, costs } = targetsOf(live);
  const shown = targets.includes(target) ? targets : [target, ...targets.slice(0, 11)];
  const note = (/** @type {number} */ each) =>
    live.facts.readout ? shownChance(costs[each]) : shownWhole(costs[each]);
  const text = (/** @type {number} */ each) => (live.facts.readout ? shownByte(each) : shownTarget(live, each));
  const options = shown.map((value) => ({ text: text(value), note: note(value), value, on: value === target }));
  const others = shown
    .filter((each) => each !== target)
    .map((each) => /** @type {[string, string]} */ ([String(each), text(each)]));
  const among = [
    ["", "everything"],
    ["inner", live.facts.kind === "text" ? "all but the input bits" : "all but the numbers compared"],
    ...CAUSES.map((kind) => [kind, `${kind}s`]),
    ...bitBlocks(live).map((block) => [block, block]),
  ];
  return [
    chooser("Why this one?", options, (value) =>
      ask({ target: value, rather: value === question.rather ? null : question.rather }),
    ),
    element(
      "p",
      { className: "choices" },
      others.length === 0
        ? null
        : selector("rather than", [["", "anything else"], ...others], String(question.rather ?? ""), (value) =>
            ask({ rather: value === "" ? null : Number(value) }),
          ),
      selector("show", /** @type {[string, string][]} */ (among), question.among, (value) =>
        ask({ among: value, shown: WHY.first }),
      ),
    ),
  ];
}

/** The blocks that have bits. @param {Live} live */
const bitBlocks = (live) => [
  ...new Set(live.data.records.filter(({ kind }) => kind !== "output").map(({ block }) => block)),
];

/** The rows that are asked for, and how many there are. @param {Live} live @param {Question} question @param {(change: Partial<Question>) => void} ask */
function causesShown(live, question, ask) {
  const { among, causes, shown } = question;
  const asked = (/** @type {Cause} */ cause) => cause.kind === among || cause.block === among;
  const some = among === "inner" ? innerCauses(live, causes) : causes.filter((cause) => !among || asked(cause));
  const largest = Math.max(...some.map(({ effect }) => Math.abs(effect)), Number.MIN_VALUE);
  const rows = some.slice(0, shown).map((cause) => causeRow(live, cause, largest));
  const list = element("ul", { className: "causes", "aria-label": "What it hangs on, the largest effect first" }, rows);
  roam(list, ".cause");
  const rest = `${(some.length - shown).toLocaleString("en")} more`;
  const more = buttonTo(rest, () => ask({ shown: shown + WHY.more }));
  return [list, some.length > shown ? more : null];
}

/** How many have an effect, how long it took, and how to read it. @param {Live} live @param {Question} question @param {string} name */
function countsOf(live, { causes, millis }, name) {
  const { facts } = live;
  const bits = new Set(facts.handleOf.filter((handle) => handle >= 0)).size;
  const earlier = causes.filter(({ kind }) => kind === "earlier byte").length;
  const read = facts.kind === "text" ? ` and ${earlier} of the last ${Math.min(live.view.place, LANES)} bytes` : "";
  const way = facts.readout ? ["dearer", "cheaper"] : ["more", "less"];
  return [
    `${plural(causes.length - earlier, "bit")} of ${bits.toLocaleString("en")}${read} change it (exactly, found in ${millis.toFixed(0)} ms). `,
    element("span", { className: "for" }, "+"),
    ` turned alone, ${name} becomes ${way[0]}: as it is, it speaks for it. `,
    element("span", { className: "against" }, "−"),
    ` ${way[1]}. All else follows what is turned, so effects do not add up. Choose a row to turn or hold it.`,
  ];
}

/** Draw again, and leave the focus where it was. @param {HTMLElement} place @param {() => void} draw */
function keepingFocus(place, draw) {
  const held = document.activeElement;
  const inside = held instanceof HTMLElement && place.contains(held);
  const key = inside ? (held.dataset.signal ?? held.ariaLabel ?? "") : "";
  const pressed = inside && held.hasAttribute("aria-pressed");
  draw();
  if (!inside || place.contains(held)) return;
  const found = [...place.querySelectorAll("button, select, [data-signal]")].find((each) =>
    pressed
      ? each.getAttribute("aria-pressed") === "true"
      : key && (each.getAttribute("data-signal") ?? each.getAttribute("aria-label")) === key,
  );
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}

/** @param {Live} live */
function startWhy(live) {
  if (live.facts.kind === "bits") return;
  const place = byId("live-why");
  const [choice, answer, causes, counts, terms] = ["choice", "answer", "found", "count", "sums"].map((className) =>
    element("div", { className }),
  );
  answer.setAttribute("role", "status");
  const title = element("summary");
  const sum = element("details", { open: Boolean(live.facts.readout?.code), hidden: true }, title, terms);
  place.replaceChildren(element("h3", {}, "Why?"), choice, answer, causes, counts, sum);
  /** @type {Question} */
  let question = {
    target: null,
    rather: null,
    among: "inner",
    shown: WHY.first,
    causes: [],
    millis: 0,
  };
  let waiting = 0;
  /** @type {View | null} */
  let seen = null;
  const draw = (/** @type {boolean} */ anew) => {
    if (!live.moment) {
      [choice, answer, causes, counts, terms].forEach((part) => part.replaceChildren());
      sum.hidden = true;
      return;
    }
    const target = targetOf(live, question);
    askedAbout.set(live, target);
    if (anew) {
      const start = performance.now();
      question = { ...question, causes: causesOf(live, target, question.rather) };
      question.millis = performance.now() - start;
      choice.replaceChildren(...asking(live, question, target, ask).filter((part) => part !== null));
      answer.replaceChildren(element("p", {}, answerOf(live, question, target, targetsOf(live).costs)));
      counts.replaceChildren(...countsOf(live, question, shownTarget(live, target)));
      const told = termsOf(live, target);
      sum.hidden = !told;
      title.textContent = told?.title ?? "";
      terms.replaceChildren(...(told?.parts ?? []).filter((part) => part !== null && part !== undefined));
    }
    causes.replaceChildren(...causesShown(live, question, ask).filter((part) => part !== null));
  };
  const ask = (/** @type {Partial<Question>} */ change) => {
    question = { ...question, ...change };
    keepingFocus(place, () => draw("target" in change || "rather" in change));
  };
  live.watch(() => {
    if (seen === live.view) return;
    place.setAttribute("aria-busy", "true");
    if (!live.ready) return;
    clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      const { view } = live;
      if (!live.ready) return;
      const moved = !seen || seen.place !== view.place || seen.text !== view.text;
      if (moved) question = { ...question, target: null, rather: null, shown: WHY.first };
      seen = view;
      keepingFocus(place, () => draw(true));
      place.setAttribute("aria-busy", "false");
    }, WHY.pause);
  });
}

panels.push(startWhy);
