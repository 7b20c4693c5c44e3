// The logic, ready to run: LANES runs side by side, each a bit of every row.

const LANES = 128;

/** @param {ArrayLike<number>} bits @param {number} place */
const bitAt = (bits, place) => (bits[place >> 5] >>> (place & 31)) & 1;

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
    /** @type {Set<number>} */
    this.held = new Set();
    for (let handle = 0; handle < facts.handles; handle++) this.fill(this.firstHandle + 2 * handle, 1);
    this.reset();
  }

  /** Every run. @param {number} row @param {number} bit */
  fill(row, bit) {
    this.words.fill(bit ? 0xffffffff : 0, 4 * row, 4 * row + 4);
  }

  /** One run. @param {number} row @param {number} lane @param {number} bit */
  set(row, lane, bit) {
    const [at, mask] = [4 * row + (lane >> 5), 1 << (lane & 31)];
    if (bit) this.words[at] |= mask;
    else this.words[at] &= ~mask;
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

  /** The state of a run. @param {number} [lane] */
  state(lane = 0) {
    return this.packed(this.latches, (latch) => this.get(2 * (this.firstLatch + latch), lane));
  }

  /** What is given in this step, one number for each element; to one run, or to all. @param {ArrayLike<number>} elements @param {number} [lane] */
  give(elements, lane) {
    this.facts.owners.forEach((owner, input) => {
      const bit = (elements[owner] >> this.facts.places[input]) & 1;
      if (lane === undefined) this.fill(1 + input, bit);
      else this.set(1 + input, lane, bit);
    });
  }

  /** Hold or turn a bit from now on, in one run or in all. @param {Change} change @param {number} [lane] */
  hold({ bit, value }, lane) {
    const handle = this.facts.handleOf[bit];
    if (handle < 0) return;
    this.held.add(handle);
    const row = this.firstHandle + 2 * handle;
    const keep = value === "flip" ? 1 : 0;
    const turn = value === "flip" ? 1 : value ^ (this.facts.literals[bit] & 1);
    if (lane === undefined) {
      this.fill(row, keep);
      this.fill(row + 1, turn);
    } else {
      this.set(row, lane, keep);
      this.set(row + 1, lane, turn);
    }
  }

  /** In one run, what is read of a handle is its complement, whatever is done; again, and it is as before. @param {number} handle @param {number} lane */
  turn(handle, lane) {
    this.words[4 * (this.firstHandle + 2 * handle + 1) + (lane >> 5)] ^= 1 << (lane & 31);
  }

  /** Let go of all that is held. */
  release() {
    for (const handle of this.held) {
      this.fill(this.firstHandle + 2 * handle, 1);
      this.fill(this.firstHandle + 2 * handle + 1, 0);
    }
    this.held.clear();
  }

  /** All named bits as they were read. @param {number} [lane] */
  bits(lane = 0) {
    const { literals } = this.facts;
    return this.packed(literals.length, (place) => this.get(literals[place], lane));
  }

  /** The numbers of the head. @param {number} [lane] */
  numbers(lane = 0) {
    return Float64Array.from(this.facts.numbers, (literals) => {
      let number = 0;
      let worth = 1;
      for (const literal of literals) {
        number += worth * this.get(literal, lane);
        worth *= 2;
      }
      return this.get(/** @type {number} */ (literals.at(-1)), lane) ? number - worth : number;
    });
  }

  /** The numbers of the head in all runs: all of run 0, all of run 1, ... */
  allNumbers() {
    const { numbers } = this.facts;
    const found = new Float64Array(LANES * numbers.length);
    numbers.forEach((literals, number) =>
      literals.forEach((literal, place) => {
        const worth = place === literals.length - 1 ? -(2 ** place) : 2 ** place;
        for (let lane = 0; lane < LANES; lane += 32) {
          let bits = this.words[4 * (literal >> 1) + (lane >> 5)] ^ -(literal & 1);
          for (let at = lane * numbers.length + number; bits; at += numbers.length, bits >>>= 1) {
            if (bits & 1) found[at] += worth;
          }
        }
      }),
    );
    return found;
  }

  /** @param {number} count @param {(place: number) => number} bitOf */
  packed(count, bitOf) {
    const found = new Uint32Array((count + 31) >> 5);
    for (let place = 0; place < count; place++) found[place >> 5] |= bitOf(place) << (place & 31);
    return found;
  }
}
