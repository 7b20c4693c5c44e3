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
    const [from, below] = interval.map((end) => String(Number(end.toPrecision(5))).replace("-", "−"));
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

/** The places in facts.bits of the bits of an element, the lowest first. @param {Live} live @param {string} name */
function elementBits(live, name) {
  const alone = live.names.get(name);
  if (alone !== undefined) return [alone];
  const found = [];
  for (let bit = 0; ; bit++) {
    const place = live.names.get(name === "byte" ? `byte[${bit}]` : `${name}.${bit}`);
    if (place === undefined) return found;
    found.push(place);
  }
}

/**
 * An element as the logic reads it, which what is done may have changed; undefined where nothing is read yet.
 * @param {Moment | undefined} moment @param {number[]} bits @param {Element_} range
 */
function elementRead(moment, bits, { low }) {
  if (!moment) return undefined;
  if (!bits.length) return low;
  const number = bits.reduce((sum, place, bit) => sum + bitAt(moment.bits, place) * 2 ** bit, 0);
  const worth = 2 ** bits.length;
  return low < 0 && number >= worth / 2 ? number - worth : number;
}
