// What came of all that is done: to the text, to the next byte, and to what the model would write.

const FEWEST = 5e-7; // bits; less is no difference
const AHEAD = 48; // bytes that the model would write
const IDLE = 150; // milliseconds without a change before it does

/**
 * Where a text costs otherwise. first, most: places of bytes; -1: nowhere.
 * @typedef {{without: number, with: number, bytes: number, first: number, most: number, more: number}} Difference
 */

/** @param {Live} live @returns {Difference} */
function differenceOf(live) {
  const [before, after] = [costsOf(live, live.plain), costsOf(live, live.now)];
  const bytes = Math.min(before.length, after.length);
  const found = { without: 0, with: 0, bytes: Math.max(bytes - 1, 0), first: -1, most: -1, more: 0 };
  for (let at = 1; at < bytes; at++) {
    const more = after[at] - before[at];
    found.without += before[at];
    found.with += after[at];
    if (Math.abs(more) < FEWEST) continue;
    if (found.first < 0) found.first = at;
    if (Math.abs(more) > Math.abs(found.more)) Object.assign(found, { most: at, more });
  }
  return found;
}

/** What the model would write from the place on, always the likeliest. @param {Live} live @param {Reading} reading @param {number} count */
function wouldWrite(live, reading, count) {
  const { place } = live.view;
  const readout = /** @type {Readout} */ (live.facts.readout);
  const ahead = new Reading(live.machine, (step) => reading.changesAt(place + step));
  ahead.state = reading.moments[place]?.state ?? reading.state;
  let { numbers } = reading.moments[place - 1];
  return Uint8Array.from({ length: count }, () => {
    const byte = drawSymbol(readout, numbers, 0, 0);
    ({ numbers } = ahead.append([byte]));
    return byte;
  });
}

class Outcome {
  /** @param {Live} live */
  constructor(live) {
    this.live = live;
    this.timer = 0;
    this.figures = element("div");
    this.ahead = element("dl", { className: "ahead" });
    /** For those who hear the page: once for each change. */
    this.said = element("p", { className: "hidden", role: "status" });
    /** @type {Edit[] | null} */
    this.told = null;
    this.box = element("div", { className: "outcome" }, this.ahead, this.figures, this.said);
  }

  update() {
    const { live } = this;
    const shown = live.done.length > 0 && live.ready;
    this.figures.hidden = this.ahead.hidden = !live.done.length;
    if (shown) this.figures.replaceChildren(...(live.facts.kind === "text" ? textOutcome(live) : stepOutcome(live)));
    if (live.ready && this.told !== live.view.edits) this.tell();
    clearTimeout(this.timer);
    if (shown && live.facts.kind === "text") this.timer = setTimeout(() => this.write(), IDLE);
  }

  tell() {
    const { live } = this;
    if (this.told) this.said.textContent = live.done.length ? spokenOutcome(live) : "Nothing is done any more.";
    this.told = live.view.edits;
  }

  /** The same place goes on in two ways. */
  write() {
    const { live } = this;
    if (!live.ready || !live.moment || !live.unchanged) return this.ahead.replaceChildren();
    const [before, after] = [live.plain, live.now].map((reading) => shownText(wouldWrite(live, reading, AHEAD)).shown);
    const told = (/** @type {string} */ name, /** @type {string} */ text) => [
      element("dt", {}, name),
      element("dd", {}, text),
    ];
    const rows =
      before === after
        ? told("It would still write", after)
        : [...told("It would have written", before), ...told("It would now write", after)];
    if (this.ahead.textContent !== rows.map((row) => row.textContent).join("")) this.ahead.replaceChildren(...rows);
  }
}

/** @param {Live} live */
function spokenOutcome(live) {
  if (live.facts.kind !== "text") return stepOutcome(live)[0]?.textContent ?? "";
  const found = differenceOf(live);
  const each = [found.without, found.with].map((bits) => (bits / Math.max(found.bytes, 1)).toFixed(3));
  return `${plural(live.done.length, "change")} made: ${each[1]} bits per byte, ${each[0]} without.`;
}

/** For models that read no text: what differs in this step. @param {Live} live */
function stepOutcome(live) {
  const { moment, unchanged, facts } = live;
  if (!moment || !unchanged) return [];
  const bits = [...facts.bits.keys()].filter((bit) => bitAt(moment.bits, bit) !== bitAt(unchanged.bits, bit));
  const words = `In this step ${bits.length.toLocaleString("en")} of ${plural(facts.bits.length, "bit")} differ`;
  if (!facts.scores) return [element("p", {}, `${words}.`)];
  const { labels } = facts.scores;
  const numbers = [...moment.numbers.keys()].filter((at) => moment.numbers[at] !== unchanged.numbers[at]);
  const told = numbers
    .slice(0, FEW)
    .map((at) => `${labels[at]} ${shownWhole(unchanged.numbers[at])} → ${shownWhole(moment.numbers[at])}`);
  const all = told.length < numbers.length ? " and others" : "";
  return [
    element("p", {}, `${words}; ${told.length ? `of the numbers, ${told.join(", ")}${all}` : "no number does"}.`),
  ];
}

/** @param {Live} live */
function textOutcome(live) {
  const found = differenceOf(live);
  const { text, place } = live.view;
  /** @type {[string, string, string][]} */
  const rows = [];
  if (found.bytes) {
    const [before, after] = [found.without, found.with];
    rows.push(["bits per byte of the text", (before / found.bytes).toFixed(4), (after / found.bytes).toFixed(4)]);
    rows.push(["bits of all of it", before.toFixed(1), after.toFixed(1)]);
  }
  if (live.moment && live.unchanged) {
    const [before, after] = [live.unchanged, live.moment].map((moment) => lengthsAfter(live, moment));
    if (place < text.length) rows.push([`${shownByte(text[place])} comes next`, ...shares(before, after, text[place])]);
    const likeliest = [before, after].map(cheapestOf);
    const named = (/** @type {Float64Array} */ lengths, /** @type {number} */ byte) =>
      `${shownByte(byte)} ${percent(2 ** -lengths[byte])}`;
    rows.push(["likeliest next", named(before, likeliest[0]), named(after, likeliest[1])]);
  }
  const columns = ["figure", { text: "without", number: true }, { text: "with", number: true }];
  return [table(columns, rows), felt(live, found)];
}

/** @param {Float64Array} before @param {Float64Array} after @param {number} byte @returns {[string, string]} */
const shares = (before, after, byte) => [percent(2 ** -before[byte]), percent(2 ** -after[byte])];

/** Where the text feels it. @param {Live} live @param {Difference} found */
function felt(live, { first, most, more }) {
  if (first < 0) return element("p", {}, "No byte of the text costs more or less by it.");
  const { text } = live.view;
  const link = (/** @type {number} */ place) => {
    const words = `byte ${place}, ${shownByte(text[place])}`;
    return buttonTo(words, () => live.change({ place }), { className: "place" });
  };
  return element(
    "p",
    {},
    "The first byte that costs otherwise is ",
    link(first),
    "; the most, ",
    link(most),
    `: ${signed(more, shownBits)} bits.`,
  );
}
