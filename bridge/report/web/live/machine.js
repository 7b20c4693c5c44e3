// The logic, ready to run: LANES runs side by side, each a bit of every row.

const LANES = 128;

/** @param {ArrayLike<number>} bits @param {number} place */
const bitAt = (bits, place) => (bits[place >> 5] >>> (place & 31)) & 1;

/** Words that hold so many bits. @param {number} count */
const wordsFor = (count) => (count + 31) >> 5;

class Machine {
  /**
   * @param {LiveFacts} facts
   * @param {Uint8Array} code see bridge.report.live.program
   */
  static async of(facts, code) {
    const program = unpackProgram(facts, code);
    const { instance } = await WebAssembly.instantiate(assemble(facts, program));
    return new Machine(facts, instance);
  }

  /**
   * @param {LiveFacts} facts
   * @param {WebAssembly.Instance} instance
   */
  constructor(facts, instance) {
    this.facts = facts;
    const { memory, compute, latch } =
      /** @type {{memory: WebAssembly.Memory, compute: () => void, latch: () => void}} */ (
        /** @type {unknown} */ (instance.exports)
      );
    this.words = new Uint32Array(memory.buffer);
    /** One step: everything but the latches. */
    this.compute = compute;
    /** What the step gave becomes the state. */
    this.latch = latch;
    this.firstHandle = 1 + facts.inputs;
    this.firstLatch = this.firstHandle + 2 * facts.handles;
    this.latches = facts.resets.length;
    this.owners = Uint32Array.from(facts.owners);
    this.worths = Float64Array.from(facts.places, (place) => 2 ** place);
    this.bitLiterals = Uint32Array.from(facts.literals);
    this.stateLiterals = Uint32Array.from(facts.resets, (_, latch) => 2 * (this.firstLatch + latch));
    /** Of every bit of a number: which number, its literal, and what it is worth. @type {[number, number, number][]} */
    this.numberBits = facts.numbers.flatMap((literals, number) =>
      literals.map((literal, place) => {
        const sign = place === literals.length - 1 ? -1 : 1;
        return /** @type {[number, number, number]} */ ([number, literal, sign * 2 ** place]);
      }),
    );
    /** The first bit that each handle holds; -1 where none is named so, but what is read in its place. */
    this.bitOf = new Int32Array(facts.handles).fill(-1);
    for (let bit = facts.handleOf.length - 1; bit >= 0; bit--) this.bitOf[facts.handleOf[bit]] = bit; // constants: at -1
    /** @type {Set<number>} */
    this.held = new Set();
    for (let handle = 0; handle < facts.handles; handle++) this.fill(this.firstHandle + 2 * handle, 1);
    this.reset();
  }

  /** Every run. @param {number} row @param {number} bit */
  fill(row, bit) {
    const all = bit ? 0xffffffff : 0;
    for (let at = 4 * row; at < 4 * row + 4; at++) this.words[at] = all;
  }

  /** One run, or all. @param {number} row @param {number} bit @param {number} [lane] */
  set(row, bit, lane) {
    if (lane === undefined) return this.fill(row, bit);
    const [at, mask] = [4 * row + (lane >> 5), 1 << (lane & 31)];
    if (bit) this.words[at] |= mask;
    else this.words[at] &= ~mask;
  }

  /** One run, or all. @param {number} row @param {number} [lane] */
  turn(row, lane) {
    if (lane !== undefined) this.words[4 * row + (lane >> 5)] ^= 1 << (lane & 31);
    else for (let at = 4 * row; at < 4 * row + 4; at++) this.words[at] ^= -1;
  }

  /** @param {number} literal @param {number} [lane] */
  get(literal, lane = 0) {
    return ((this.words[4 * (literal >> 1) + (lane >> 5)] >>> (lane & 31)) ^ literal) & 1;
  }

  reset() {
    this.facts.resets.forEach((bit, latch) => this.fill(this.firstLatch + latch, bit));
  }

  /** The same state in every run. @param {Uint32Array} state */
  load(state) {
    for (let latch = 0; latch < this.latches; latch++) this.fill(this.firstLatch + latch, bitAt(state, latch));
  }

  /**
   * What is given in this step, one number for each element; to one run, or to all.
   * @param {ArrayLike<number>} elements @param {number} [lane]
   */
  give(elements, lane) {
    const { owners, worths } = this;
    for (let input = 0; input < owners.length; input++) {
      this.set(1 + input, Math.floor(elements[owners[input]] / worths[input]) & 1, lane);
    }
  }

  /**
   * Hold a bit from now on, in one run or in all; or turn what is read of it, on top of what is done already.
   * @param {Change} change @param {number} [lane]
   */
  hold({ bit, value }, lane) {
    const handle = this.facts.handleOf[bit];
    if (handle < 0) return;
    this.held.add(handle);
    const row = this.firstHandle + 2 * handle;
    if (value === "flip") return this.turn(row + 1, lane);
    this.set(row, 0, lane);
    this.set(row + 1, value ^ (this.facts.literals[bit] & 1), lane);
  }

  /** Let go of all that is held. */
  release() {
    for (const handle of this.held) {
      this.fill(this.firstHandle + 2 * handle, 1);
      this.fill(this.firstHandle + 2 * handle + 1, 0);
    }
    this.held.clear();
  }

  /** The state of a run. @param {number} [lane] @param {Uint32Array} [found] zeros to put it into */
  state(lane = 0, found = new Uint32Array(wordsFor(this.latches))) {
    return this.packed(this.stateLiterals, lane, found);
  }

  /** All named bits as they were read. @param {number} [lane] @param {Uint32Array} [found] zeros */
  bits(lane = 0, found = new Uint32Array(wordsFor(this.bitLiterals.length))) {
    return this.packed(this.bitLiterals, lane, found);
  }

  /** @param {Uint32Array} literals @param {number} lane @param {Uint32Array} found zeros */
  packed(literals, lane, found) {
    for (let place = 0; place < literals.length; place++) {
      found[place >> 5] |= this.get(literals[place], lane) << (place & 31);
    }
    return found;
  }

  /** The numbers of the head. @param {number} [lane] @param {Float64Array} [found] zeros */
  numbers(lane = 0, found = new Float64Array(this.facts.numbers.length)) {
    for (const [number, literal, worth] of this.numberBits) found[number] += worth * this.get(literal, lane);
    return found;
  }

  /** The numbers of the head in all runs: all of run 0, all of run 1, ... */
  allNumbers() {
    const count = this.facts.numbers.length;
    const found = new Float64Array(LANES * count);
    for (const [number, literal, worth] of this.numberBits) {
      for (let lane = 0; lane < LANES; lane += 32) {
        let bits = this.words[4 * (literal >> 1) + (lane >> 5)] ^ -(literal & 1);
        for (let at = lane * count + number; bits; at += count, bits >>>= 1) if (bits & 1) found[at] += worth;
      }
    }
    return found;
  }
}
