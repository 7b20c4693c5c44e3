// What a network is given, where that is numbers: as one gives them, and as the logic reads them.

/** The values of one block of inputs, as one gives them: raw features where it has an encoder, else its elements. */
class Given {
  /** @param {{name: string, size: number, encoder?: Encoder}} block @param {number} first its first element @param {Element_[]} elements */
  constructor({ name, size, encoder }, first, elements) {
    this.name = name;
    this.first = first;
    this.elements = elements.slice(first, first + size);
    this.encoder = encoder && new FeatureEncoder(encoder);
    this.count = this.encoder?.count ?? size;
    /** The values that were given, by the elements that were made of them. @type {WeakMap<number[], Float64Array>} */
    this.known = new WeakMap();
  }

  /** @param {number} at */
  nameOf(at) {
    return this.encoder ? `feature ${at}` : this.elements[at].name;
  }

  /** The places of the elements that a value makes. @param {number} at */
  made(at) {
    const own = this.encoder ? this.encoder.readers[at] : [at];
    return own.map((element) => this.first + element);
  }

  /** May it be missing? @param {number} at */
  mayMiss(at) {
    return Boolean(this.encoder?.missing && this.encoder.readers[at].length);
  }

  /** Between what a slider goes. @param {number} at @returns {[number, number]} */
  reach(at) {
    return this.encoder ? this.encoder.reach(at) : [this.elements[at].low, this.elements[at].high];
  }

  /** How many pixels a side has, if it may be a square picture, else 0. */
  get side() {
    const side = Math.round(Math.sqrt(this.count));
    return side * side === this.count && side >= 4 && side <= 128 ? side : 0;
  }

  /** Is it rather a picture than numbers, as far as one can tell? */
  get picture() {
    return this.side >= 7;
  }

  /** What no ink is on a picture, and what all ink is. @returns {[number, number]} */
  get inks() {
    if (this.encoder) return this.encoder.reachOf([...Array(this.count).keys()]);
    return [Math.min(...this.elements.map(({ low }) => low)), Math.max(...this.elements.map(({ high }) => high))];
  }

  /** Are the values whole numbers? */
  get whole() {
    return !this.encoder;
  }

  /** Are the elements those of a missing value, and of no other? @param {number[]} elements @param {number} at */
  isMissing(elements, at) {
    const missing = this.encoder?.missing;
    return Boolean(missing) && this.made(at).every((place) => elements[place] === missing?.[place - this.first]);
  }

  /** A few words on what else a value could be. @param {number[]} elements @param {number} at @param {boolean} missed */
  told(elements, at, missed) {
    if (!this.encoder) return "";
    if (!this.made(at).length) return "nothing reads it";
    const interval = this.encoder.interval(at, (element) => elements[this.first + element]);
    if (!interval) return missed ? "missing" : "no value gives these";
    const [from, below] = interval.map((end) => withMinus(String(Number(end.toPrecision(5)))));
    if (interval[0] === -Infinity) return interval[1] === Infinity ? "" : `the same < ${below}`;
    return interval[1] === Infinity ? `the same ≥ ${from}` : `the same ≥ ${from}, < ${below}`;
  }

  /** The values as they were given; of elements that came otherwise some that make them, NaN where none do. @param {number[]} elements */
  values(elements) {
    let found = this.known.get(elements);
    if (!found) {
      const { encoder, first } = this;
      const levelOf = (/** @type {number} */ element) => elements[first + element];
      found = Float64Array.from({ length: this.count }, (_, at) =>
        encoder ? encoder.likely(at, levelOf) : levelOf(at),
      );
      this.known.set(elements, found);
    }
    return found;
  }

  /** Some values changed in a copy of the elements. @param {number[]} elements @param {[number, number][]} changes place and value */
  changed(elements, changes) {
    const values = this.values(elements).slice();
    const made = elements.slice();
    for (const [at, value] of changes) {
      const { low, high } = this.encoder ? { low: -Infinity, high: Infinity } : this.elements[at];
      values[at] = this.encoder ? value : Math.min(Math.max(Math.round(value), low), high);
      for (const place of this.made(at)) {
        made[place] = this.encoder ? this.encoder.level(place - this.first, values[at]) : values[at];
      }
    }
    this.known.set(made, values);
    return made;
  }
}

/** The blocks of inputs; the byte, where a network reads one besides, is a block of its own. @param {LiveFacts} facts */
function givenBlocks({ elements, blocks = [] }) {
  const all = elements[0]?.name === "byte" ? [{ name: "byte", size: 1 }, ...blocks] : blocks;
  let first = 0;
  return all
    .filter(({ size }) => size)
    .map((block) => {
      first += block.size;
      return new Given(block, first - block.size, elements);
    });
}

/** A copy of the elements with other values of a block; the other blocks keep theirs. @param {Given[]} all @param {Given} block @param {number[]} elements @param {[number, number][]} changes place and value */
function changedIn(all, block, elements, changes) {
  const made = block.changed(elements, changes);
  for (const other of all) if (other !== block) other.known.set(made, other.values(elements));
  return made;
}

/** Give a block other values in the step that is shown. @param {Live} live @param {Given[]} all @param {Given} block @param {[number, number][]} changes @param {boolean} undoable */
const giveValues = (live, all, block, changes, undoable) =>
  give(live, changedIn(all, block, givenNow(live), changes), undoable);

/** A value with as few digits as tell a thousandth of a span. @param {number} value @param {number} span */
const inSteps = (value, span) => Number(value.toFixed(Math.min(Math.max(3 - Math.floor(Math.log10(span)), 0), 20)));

/** An element with the number that the logic reads of it. */
class ElementChip {
  /** @param {Live} live @param {Element_} range @param {boolean} large */
  constructor(live, range, large) {
    this.range = range;
    this.signal = signalsOf(live, range.name)[0];
    this.number = element("b");
    const properties = { className: large ? "given-name element-chip" : "element-chip", "data-signal": range.name };
    this.place = element("span", properties, range.name, " ", this.number);
  }

  /** Its value; that of one that is always the same has no bits. @param {Moment | undefined} moment */
  read(moment) {
    return moment && (this.signal ? valueOf(this.signal, moment.bits) : this.range.low);
  }

  /** @param {Live} live */
  show(live) {
    const [read, before] = [live.moment, live.unchanged].map((moment) => this.read(moment));
    this.number.textContent = read === undefined ? "" : String(read);
    this.place.classList.toggle("changed", read !== before);
    this.place.classList.toggle("on", read === 1 && this.range.low === 0 && this.range.high === 1);
    this.place.classList.toggle(
      "done",
      live.done.some(({ name }) => touches(name, this.range.name)),
    );
  }
}

/** Does what is done to one name change an element? @param {string} edited @param {string} name */
const touches = (edited, name) => edited === name || name.startsWith(`${edited}[`) || edited.startsWith(`${name}.`);
