// What comes next: the likeliest bytes at the place, each of which can be taken.

const EXPECTED = 12;

/** @typedef {{row: HTMLElement, take: HTMLButtonElement, name: HTMLElement, was: HTMLElement, is: HTMLElement, chance: HTMLElement, link: HTMLElement, note: HTMLElement, byte: number}} Row */

/** @param {Live} live @returns {Row} */
function expectedRow(live) {
  const [was, is] = [element("i", { className: "was" }), element("i", { className: "is" })];
  const name = element("code");
  const [chance, note] = ["chance", "note"].map((className) => element("span", { className }));
  const bar = element("span", { className: "bar" }, was, is, note);
  const take = buttonTo([name, " ", bar, " ", chance], () => takeByte(live, made.byte), { className: "bare" });
  const link = element("a", { className: "signal" });
  const made = { row: element("li", {}, take, link), take, name, was, is, chance, link, note, byte: -1 };
  return made;
}

/** The byte comes at the place, instead of the one that stands there. @param {Live} live @param {number} byte */
function takeByte(live, byte) {
  const { text, place } = live.view;
  live.change({ text: joined(text.subarray(0, place), [byte], text.subarray(place + 1)), place: place + 1 });
}

class Expecting {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    this.after = element("p", { className: "count" });
    this.rows = Array.from({ length: EXPECTED + 1 }, () => expectedRow(live));
    this.others = element("p", { className: "count" });
    this.spoken = element("p", { className: "hidden", role: "status" });
    this.list = element(
      "ol",
      { className: "expected" },
      this.rows.map(({ row }) => row),
    );
    place.append(element("h3", {}, "What comes next"), this.after, this.list, this.others, this.spoken);
    this.saying = 0;
    this.known = new Set(live.facts.readout?.symbols);
  }

  update() {
    const { live } = this;
    const { moment, unchanged } = live;
    this.list.hidden = this.others.hidden = !moment;
    this.after.textContent = contextOf(live);
    if (!moment) return;
    const lengths = lengthsAfter(live, moment);
    const before = unchanged && unchanged !== moment ? lengthsAfter(live, unchanged) : null;
    const order = byLikelihood(lengths);
    const follows = live.view.text[live.view.place];
    const rank = order.indexOf(follows);
    const shown = order.filter((byte) => this.known.has(byte)).slice(0, EXPECTED);
    if (follows !== undefined && !shown.includes(follows)) shown.push(follows);
    this.rows.forEach((row, at) => {
      row.row.hidden = at >= shown.length;
      if (at < shown.length) this.fill(row, shown[at], lengths, before, shown[at] === follows ? rank : -1);
    });
    const rest = order.filter((byte) => !shown.includes(byte));
    const share = rest.reduce((sum, byte) => sum + 2 ** -lengths[byte], 0);
    this.others.textContent = `the other ${rest.length} bytes together: ${percent(share)}`;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.say(shown, lengths), 700);
  }

  /** @param {Row} row @param {number} byte @param {Float64Array} lengths @param {Float64Array | null} before @param {number} rank */
  fill(row, byte, lengths, before, rank) {
    const share = 2 ** -lengths[byte];
    row.byte = byte;
    row.name.textContent = shownByte(byte);
    row.is.style.width = `${100 * share}%`;
    row.was.style.width = `${before ? 100 * 2 ** -before[byte] : 0}%`;
    row.chance.textContent = percent(share);
    const was = before ? `; ${percent(2 ** -before[byte])} without what is done` : "";
    row.take.title = `${share}, ${lengths[byte]} bits${was}`;
    row.row.classList.toggle("follows", rank >= 0);
    row.row.classList.toggle("changed", before !== null && before[byte] !== lengths[byte]);
    row.note.textContent = rank < 0 ? "" : `follows, ${ordinal(rank + 1)}`;
    row.take.setAttribute(
      "aria-label",
      `take ${[spokenByte(byte), row.note.textContent, percent(share)].filter(Boolean).join(" ")}`,
    );
    this.name(row, byte);
  }

  /** The number of the head, where each symbol has one. @param {Row} row @param {number} byte */
  name(row, byte) {
    const { facts, moment } = this.live;
    const at = facts.serial ? -1 : (facts.readout?.symbols.indexOf(byte) ?? -1);
    row.link.hidden = at < 0;
    if (at < 0) return;
    const name = `logit.${byte}`;
    row.link.textContent = `${moment?.numbers[at]}`;
    row.link.setAttribute("href", addressOf(name));
    row.link.setAttribute("data-signal", name);
    row.link.setAttribute("aria-label", `${name} is ${moment?.numbers[at]}`);
  }

  /** @param {number[]} shown @param {Float64Array} lengths */
  say(shown, lengths) {
    const some = shown.slice(0, 3).map((byte) => `${spokenByte(byte)} ${percent(2 ** -lengths[byte])}`);
    this.spoken.textContent = `Next: ${some.join(", ")}`;
  }
}

/** After what: the place in words. @param {Live} live */
function contextOf(live) {
  const { text, place } = live.view;
  if (!place) return "Nothing is read yet, so nothing is expected: the first byte is given.";
  if (!live.moment) return "Reading …";
  const { shown, ends } = shownText(text.subarray(Math.max(0, place - 24), place));
  const before = `${place > 24 ? "…" : ""}${shown.slice(0, ends.at(-1))}`.replaceAll("\n", "↵");
  // Isolated: letters that run from right to left turn nothing else around.
  return `After “\u2068${before}\u2069”, place ${place.toLocaleString("en")}:`;
}

panels.push((live) => {
  const place = document.getElementById("live-next");
  if (!place || live.facts.kind !== "text") return;
  const expecting = new Expecting(live, place);
  live.watch(() => expecting.update());
});
