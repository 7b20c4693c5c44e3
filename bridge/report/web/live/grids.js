// What the model holds: a small square for each bit, a row for each step ago.

const CELL = { least: 9, most: 12 }; // pixels of a square, its gap with it
const NUMBER = 38; // pixels of a number

/** @typedef {{band: Band, count: HTMLElement, labels: HTMLElement[]}} Heading */

class Grids {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    this.place = place;
    /** The square or number that each bit is shown in. @type {HTMLElement[]} */
    this.cells = [];
    /** The numbers, by their first bits. @type {Map<HTMLElement, Signal>} */
    this.numbers = new Map();
    /** @type {Heading[]} */
    this.headings = [];
    const words = (live.facts.bits.length + 31) >> 5;
    this.shown = { on: new Uint32Array(words), changed: new Uint32Array(words), done: new Uint32Array(words) };
    /** @type {HTMLElement[]} */
    this.grids = [];
    this.pictures = element(
      "div",
      { className: "pictures" },
      picturesOf(live).map((picture) => this.picture(picture)),
    );
    place.append(element("h3", {}, "What it holds"), legendOfGrids(), this.pictures);
    if (live.facts.serial) {
      place.append(element("p", { className: "count" }, "What depends on the code node is shown for node 0."));
    }
    new ResizeObserver(onceAFrame(() => this.fit())).observe(this.pictures);
    place.addEventListener("focusin", ({ target }) => this.tell(/** @type {HTMLElement} */ (target)));
  }

  /** @param {Picture} picture */
  picture(picture) {
    return element(
      "div",
      { className: "picture" },
      picture.map((band) => this.band(band)),
    );
  }

  /** @param {Band} band */
  band(band) {
    const count = element("span", { className: "count" });
    const title = element(
      "button",
      { type: "button", className: "signal bare", "data-signal": band.group },
      band.group,
    );
    const grids = band.rows.map((signals) => this.grid(signals, band));
    const labels = band.rows.map(() => element("span", { className: "ago" }));
    this.headings.push({ band, count, labels });
    return element(
      "div",
      { className: band.state ? "band state" : "band" },
      element("p", {}, title, " ", count),
      grids.flatMap((grid, row) => [labels[row], grid]),
    );
  }

  /** @param {Signal[]} signals @param {Band} band */
  grid(signals, band) {
    const all = signals.map((signal) => this.cell(signal));
    const plain = signals.every(isBit);
    const grid = element(
      "div",
      { className: plain ? "squares" : "squares numbers", role: "group", "aria-label": band.group },
      all,
    );
    grid.dataset.count = String(signals.length);
    roam(grid, "[data-signal]", () => Number(grid.style.getPropertyValue("--columns")));
    this.grids.push(grid);
    return grid;
  }

  /** @param {Signal} signal */
  cell(signal) {
    const cell = element("span", {
      "data-signal": signal.name,
      role: "button",
      "aria-label": signal.name,
    });
    for (const bit of signal.bits) this.cells[bit] = cell;
    if (!isBit(signal)) {
      this.numbers.set(cell, signal);
      cell.textContent = "0";
    }
    return cell;
  }

  draw() {
    const { live } = this;
    const { moment, unchanged } = live;
    const words = this.shown.on.length;
    const on = moment?.bits ?? new Uint32Array(words);
    const before = moment && unchanged ? unchanged.bits : on;
    const done = new Uint32Array(words);
    for (const { bit } of changesIn(live, live.done, live.view.place - 1)) done[bit >> 5] |= 1 << (bit & 31);
    this.pictures.classList.toggle("unread", !moment);
    const turned = this.toggle("on", on);
    this.toggle(
      "changed",
      on.map((word, at) => word ^ before[at]),
    );
    this.toggle("done", done);
    for (const cell of turned) {
      const signal = this.numbers.get(cell);
      if (signal) cell.textContent = String(valueOf(signal, on));
    }
    for (const heading of this.headings) this.count(heading, on, this.shown.changed);
  }

  /**
   * Only what differs is touched. The cells that do are given back.
   * @param {"on" | "changed" | "done"} mark @param {Uint32Array} bits
   */
  toggle(mark, bits) {
    const shown = this.shown[mark];
    const turned = new Set();
    bits.forEach((word, at) => {
      for (let differs = word ^ shown[at]; differs; differs &= differs - 1) {
        const bit = 32 * at + 31 - Math.clz32(differs & -differs);
        const cell = this.cells[bit];
        if (!cell) continue;
        turned.add(cell);
        if (!this.numbers.has(cell)) cell.classList.toggle(mark, bitAt(bits, bit) === 1);
      }
    });
    shown.set(bits);
    for (const cell of turned) {
      const signal = this.numbers.get(cell);
      if (signal) cell.classList.toggle(mark, mark !== "on" && signal.bits.some((bit) => bitAt(bits, bit)));
    }
    return turned;
  }

  /** @param {Heading} heading @param {Uint32Array} on @param {Uint32Array} changed */
  count({ band, count, labels }, on, changed) {
    const signals = band.rows.flat();
    const bits = signals.filter(isBit);
    const ones = bits.filter((signal) => bitAt(on, signal.bits[0])).length;
    const differ = signals.filter((signal) => signal.bits.some((bit) => bitAt(changed, bit))).length;
    const told = bits.length ? [`${ones} of ${bits.length} on`] : [];
    if (bits.length < signals.length) told.push(plural(signals.length - bits.length, "number"));
    if (differ) told.push(`${differ} changed`);
    setText(count, told.join(", "));
    count.classList.toggle("changed", differ > 0);
    labels.forEach((label, row) => setText(label, this.agoOf(band, row)));
  }

  /** How long ago, and what was read then. @param {Band} band @param {number} row */
  agoOf(band, row) {
    if (band.ago === null) return "";
    const { text, place } = this.live.view;
    const ago = band.ago + row;
    const byte = this.live.facts.kind === "text" ? text[place - 1 - ago] : undefined;
    const when = ago ? `${ago} ago` : "now";
    return byte === undefined ? when : `${when} ${shownByte(byte)}`;
  }

  /** As many squares in a row as are not too small, all rows as long as each other. */
  fit() {
    const wide = this.pictures.clientWidth - 72;
    for (const grid of this.grids) {
      const [count, numbers] = [Number(grid.dataset.count), grid.classList.contains("numbers")];
      const fit = Math.floor(Math.max(wide, 100) / (numbers ? NUMBER : CELL.least));
      const rows = Math.ceil(count / fit);
      const columns = Math.ceil(count / rows);
      const size = numbers ? NUMBER : Math.min(CELL.most, Math.max(CELL.least, Math.floor(wide / columns)));
      grid.style.setProperty("--columns", String(columns));
      grid.style.setProperty("--size", `${size}px`);
    }
  }

  /** What has the focus is told with its value. @param {HTMLElement} cell */
  tell(cell) {
    const name = cell.dataset.signal;
    const moment = this.live.moment;
    if (!name || !moment || !cell.parentElement?.classList.contains("squares")) return;
    const [signal] = signalsOf(this.live, name);
    const before = this.live.unchanged && valueOf(signal, this.live.unchanged.bits);
    const now = valueOf(signal, moment.bits);
    const was = before === undefined || before === now ? "" : `, ${before} without what is done`;
    cell.setAttribute("aria-label", `${name} is ${now}${was}`);
  }
}

/** @param {Element} place @param {string} text */
function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function legendOfGrids() {
  const sample = (/** @type {string} */ look, /** @type {string} */ words) => [
    element(
      "span",
      { className: `squares sample ${look.startsWith("state") ? "state" : ""}`, "aria-hidden": "true" },
      element("span", { className: look.replace("state ", "") }),
    ),
    ` ${words} `,
  ];
  return element(
    "p",
    { className: "count" },
    "A square is a bit; filled: it is 1.",
    ...sample("on", "now"),
    ...sample("state on", "kept from before"),
    ...sample("on changed", "changed by what is done"),
    ...sample("done", "held or turned"),
  );
}

panels.push((live) => {
  const place = document.getElementById("live-state");
  if (!place || !picturesOf(live).length) return;
  const grids = new Grids(live, place);
  live.watch(onceAFrame(() => grids.draw()));
});
