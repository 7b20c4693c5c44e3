// A second text beside the first: where the states differ, and what could be taken from it.

const COLUMN = 15.5; // pixels of a step
const BLOCKS_TOLD = 12;

/** Open the box of the other text. @param {Live} live */
function openOther(live) {
  const box = byId("live-comparing", HTMLDetailsElement);
  box.open = true;
  if (!live.view.other) live.change({ other: new Uint8Array() });
  byId("live-other").focus();
}

/** By block, the places of the bits that differ between two moments. @param {Live} live @param {Moment} one @param {Moment} other */
function differingBlocks(live, one, other) {
  /** @type {Map<string, {differ: number, all: number}>} */
  const found = new Map();
  blocksOfBits(live).forEach((block, bit) => {
    if (!block) return;
    const counted = found.get(block) ?? { differ: 0, all: 0 };
    counted.all++;
    counted.differ += bitAt(one.bits, bit) ^ bitAt(other.bits, bit);
    found.set(block, counted);
  });
  return [...found].filter(([, { differ }]) => differ).sort((a, b) => b[1].differ - a[1].differ);
}

/** @type {WeakMap<LiveFacts, string[]>} */
const blocksKnown = new WeakMap();

/** The block of each named bit that is no output and no input; "" for those. @param {Live} live */
function blocksOfBits({ facts }) {
  const found = blocksKnown.get(facts) ?? facts.bits.map((name) => (isInside(name) ? groupOf(name) : ""));
  blocksKnown.set(facts, found);
  return found;
}

class ComparingPanel {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    this.input = element("textarea", {
      id: "live-other",
      rows: 2,
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      maxlength: LONGEST,
      "aria-label": "The other text",
    });
    this.clear = buttonTo("Without it", () => live.change({ other: null }, true));
    this.strip = element("div", {
      className: "strip",
      role: "group",
      "aria-label": "Step by step: how many bits differ",
    });
    this.words = element("p", { className: "count" });
    this.blocks = element("ul", { className: "refs" });
    /** @type {Uint8Array | null} */
    this.bytes = null;
    /** @type {Shown} */
    this.text = { shown: "", ends: new Uint32Array(1) };
    this.box = element(
      "details",
      { id: "live-comparing" },
      element("summary", {}, "Another text, side by side"),
      element(
        "p",
        { className: "count" },
        "What a block was while the same step of this text was read can be put into the first one.",
      ),
      this.input,
      this.strip,
      this.words,
      this.blocks,
      this.clear,
    );
    place.append(this.box);
    this.input.addEventListener("input", () => this.typed());
    this.box.addEventListener("toggle", () => this.update());
    this.strip.addEventListener("keydown", (event) => {
      const move = moveOf(event, 0);
      if (!move) return;
      event.preventDefault();
      live.change({ place: live.view.place + move });
    });
  }

  typed() {
    const other = edited(this.live.view.other ?? new Uint8Array(), this.text, this.input.value).subarray(0, LONGEST);
    this.text = shownText(other);
    this.live.change({ other: other.length ? other : null });
  }

  update() {
    const { live } = this;
    const { other } = live.view;
    if (this.bytes !== other) {
      this.bytes = other;
      this.text = shownText(other ?? new Uint8Array());
      if (this.input.value !== this.text.shown) this.input.value = this.text.shown;
      if (other?.length) this.box.open = true;
    }
    this.clear.hidden = !other;
    this.strip.hidden = this.words.hidden = this.blocks.hidden = !other?.length;
    if (!other?.length || !this.box.open) return;
    this.drawStrip(other);
    this.tell();
  }

  /** The bytes of both, one above the other, around the place; between them how much differs. @param {Uint8Array} other */
  drawStrip(other) {
    const { live } = this;
    const { text, place } = live.view;
    const most = Math.max(text.length, other.length);
    const shown = Math.min(most, Math.max(8, Math.floor(this.box.clientWidth / COLUMN)));
    const from = Math.max(0, Math.min(place - (shown >> 1), most - shown));
    const focused = this.strip.contains(document.activeElement);
    this.strip.replaceChildren(...Array.from({ length: shown }, (_, at) => this.column(from + at, other)));
    if (focused) /** @type {HTMLElement | null} */ (this.strip.querySelector(".here"))?.focus({ preventScroll: true });
  }

  /** @param {number} step @param {Uint8Array} other */
  column(step, other) {
    const { live } = this;
    const [now, there] = [live.now.moments[step], live.other.moments[step]];
    const blocks = now && there ? differingBlocks(live, now, there) : [];
    const differ = blocks.reduce((sum, [, counted]) => sum + counted.differ, 0);
    const all = blocksOfBits(live).filter(Boolean).length;
    const letter = (/** @type {Uint8Array} */ bytes) => (step < bytes.length ? shownByte(bytes[step]) : "");
    const bar = element("i");
    bar.style.height = `${((100 * differ) / Math.max(all, 1)).toFixed(1)}%`;
    const said =
      now && there ? `step ${step}: ${differ} of ${all} bits differ` : `step ${step}: read in one text alone`;
    const here = step === Math.max(live.view.place - 1, 0);
    const both = [live.view.text, other].map((bytes) => element("b", {}, letter(bytes)));
    const look = { ...hint(said), tabindex: here ? 0 : -1, className: here ? "bare here" : "bare" };
    return buttonTo([both[0], element("span", {}, bar), both[1]], () => live.change({ place: step + 1 }), look);
  }

  /** Which blocks differ in the step that is looked at. */
  tell() {
    const { live } = this;
    const [now, there] = [live.moment, live.other.moments[live.view.place - 1]];
    if (!now || !there) {
      this.words.textContent = "Choose a place that both texts have.";
      this.blocks.replaceChildren();
      return;
    }
    const found = differingBlocks(live, now, there);
    const step = live.view.place - 1;
    this.words.textContent = found.length
      ? `While byte ${step} is read they differ in ${plural(found.length, "block")}; click one to take it from the other text:`
      : `While byte ${step} is read nothing differs.`;
    const item = (/** @type {[string, {differ: number, all: number}]} */ [block, { differ, all }]) =>
      element("li", {}, element("button", { type: "button", "data-signal": block }, block), ` ${differ} of ${all}`);
    this.blocks.replaceChildren(...found.slice(0, BLOCKS_TOLD).map(item));
  }
}
