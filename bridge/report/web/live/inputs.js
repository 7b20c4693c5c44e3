// The panel of what a network of numbers is given: sliders by pages, or a pad to draw on.

const AT_ONCE = 24; // sliders

/**
 * @param {Live} live
 */
function showInputs(live) {
  const { facts } = live;
  const place = document.getElementById("live-inputs");
  if (!place || facts.kind !== "numbers") return;
  const all = givenBlocks(facts);
  if (!live.view.steps.length) live.change({ steps: [firstGiven(live, all)], place: 1 });
  place.append(element("h3", {}, "What it is given"));
  if (remembers(live)) place.append(stepsOfRows(live, (moment) => answerTold(facts, moment.numbers)));
  if (all.length) place.append(startBar(live, all));
  for (const block of all) place.append(blockPanel(live, all, block));
}

/** One block: sliders, and if it may be a picture a pad, the one or the other. @param {Live} live @param {Given[]} all @param {Given} block */
function blockPanel(live, all, block) {
  const heading = element("legend", {}, element("span", { "data-signal": block.name, tabindex: "0" }, block.name));
  const panel = element("fieldset", { className: "given-block" }, heading);
  /** @type {Record<string, () => HTMLElement>} */
  const ways = { Numbers: () => sliderPages(live, all, block) };
  if (block.side) ways.Drawing = () => padOf(live, all, block);
  /** @type {Record<string, HTMLElement>} */
  const made = {};
  const choose = (/** @type {string} */ chosen) => {
    if (!made[chosen]) panel.append((made[chosen] = ways[chosen]()));
    for (const [way, place] of Object.entries(made)) place.hidden = way !== chosen;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === chosen));
  };
  const buttons = Object.keys(ways).map((way) => buttonTo(way, () => choose(way)));
  if (buttons.length > 1) panel.append(element("div", { className: "tools" }, buttons));
  choose(block.picture ? "Drawing" : "Numbers");
  return panel;
}

/** A page of sliders at a time, and a box to find some. @param {Live} live @param {Given[]} all @param {Given} block */
function sliderPages(live, all, block) {
  const list = element("div", { className: "sliders" });
  const find = element("input", { type: "search", placeholder: "number or name" });
  const count = element("span", { className: "count" });
  /** @type {SliderRow[]} */
  let rows = [];
  let first = 0;
  const read = [...Array(block.count).keys()].filter((at) => block.made(at).length);
  const turn = (/** @type {number} */ to) => {
    const wanted = find.value.trim();
    const found = wanted ? read.filter((at) => findable(block, at, wanted)) : read;
    first = Math.min(Math.max(to, 0), Math.max(Math.ceil(found.length / AT_ONCE) - 1, 0) * AT_ONCE);
    rows = found.slice(first, first + AT_ONCE).map((at) => new SliderRow(live, all, block, at));
    list.replaceChildren(...rows.map((row) => row.place));
    count.textContent = found.length
      ? `${first + 1}–${Math.min(first + AT_ONCE, found.length)} of ${found.length.toLocaleString("en")}`
      : "none of that name";
    rows.forEach((row) => row.show(live));
    roam(list, "[data-signal]");
  };
  const step = (/** @type {string} */ words, /** @type {string} */ label, /** @type {number} */ by) =>
    buttonTo(words, () => turn(first + by), hint(label));
  find.addEventListener("input", () => turn(0));
  turn(0);
  live.watch(() => rows.forEach((row) => row.show(live)));
  if (read.length <= AT_ONCE) return list;
  const unread = block.count - read.length;
  const bar = element(
    "div",
    { className: "tools" },
    element("label", {}, "Find ", find),
    step("←", "The values before these", -AT_ONCE),
    step("→", "The values after these", AT_ONCE),
    count,
    unread ? element("span", { className: "count" }, `${unread} more that nothing reads`) : null,
  );
  return element("div", {}, bar, list);
}

/** @param {Given} block @param {number} at @param {string} wanted */
const findable = (block, at, wanted) =>
  /^\d+$/.test(wanted)
    ? at === Number(wanted)
    : block.nameOf(at).includes(wanted) ||
      block.made(at).some((place) => block.elements[place - block.first].name.includes(wanted));

/** One value: its name, a slider, a number, and the elements that are made of it. */
class SliderRow {
  /** @param {Live} live @param {Given[]} all @param {Given} block @param {number} at */
  constructor(live, all, block, at) {
    this.block = block;
    this.at = at;
    const [least, most] = block.reach(at);
    const [min, max] = [String(least), String(most)];
    this.span = most - least;
    const label = block.nameOf(at);
    this.slider = element("input", { type: "range", min, max, step: block.whole ? "1" : "any", "aria-label": label });
    this.number = element("input", {
      type: "number",
      step: block.whole ? "1" : "any",
      "aria-label": `${label}, as a number`,
    });
    this.chips = block.made(at).map((place) => new ElementChip(live, live.facts.elements[place], !block.encoder));
    this.note = element("span", { className: "note" });
    this.missing = block.mayMiss(at) ? element("input", { type: "checkbox" }) : null;
    this.place = element(
      "div",
      { className: "slider" },
      element(
        "div",
        { className: "names" },
        block.encoder ? element("span", { className: "given-name" }, label) : null,
        this.chips.map((chip) => chip.place),
      ),
      this.slider,
      this.number,
      this.note,
      this.missing ? element("label", { className: "missing-box" }, this.missing, " missing") : null,
    );
    this.listen(live, all);
  }

  /** One movement of the slider can be undone as a whole. @param {Live} live @param {Given[]} all */
  listen(live, all) {
    const { block, at, slider, number, missing } = this;
    let moving = false;
    const set = (/** @type {number} */ value, /** @type {boolean} */ fresh) =>
      giveValues(live, all, block, [[at, value]], fresh);
    slider.addEventListener("input", () => {
      set(block.whole ? Number(slider.value) : inSteps(Number(slider.value), this.span), !moving);
      moving = true;
    });
    slider.addEventListener("change", () => (moving = false));
    number.addEventListener("change", () => {
      if (number.value.trim() && Number.isFinite(number.valueAsNumber)) set(number.valueAsNumber, true);
      else this.show(live);
    });
    missing?.addEventListener("change", () => set(missing.checked ? NaN : Number(slider.value), true));
  }

  /** @param {Live} live */
  show(live) {
    const elements = givenNow(live);
    const value = this.block.values(elements)[this.at];
    const absent = Number.isNaN(value);
    if (!absent && Number(this.slider.value) !== value) this.slider.value = String(value);
    if (document.activeElement !== this.number || this.number.valueAsNumber !== value)
      this.number.value = absent ? "" : String(value);
    const missed = absent && this.block.isMissing(elements, this.at);
    if (this.missing) this.missing.checked = missed;
    this.note.textContent = this.block.told(elements, this.at, missed);
    for (const chip of this.chips) chip.show(live);
  }
}

panels.push(showInputs);
