// What a model holds at every step of a text, or of a row after the other, with whatever is done to it.

const ROOM = 64; // steps that share a piece of memory: a small array of its own costs more than what it holds

class Reading {
  /**
   * @param {Machine} machine shared: a reading leaves nothing in it
   * @param {(step: number) => Change[]} changesAt what is done in a step
   */
  constructor(machine, changesAt = () => []) {
    this.machine = machine;
    this.changesAt = changesAt;
    /** @type {ArrayLike<number>[]} what was given in each step: a number for each element */
    this.steps = [];
    /** @type {Moment[]} */
    this.moments = [];
    /** @type {Moment[]} */
    this.room = [];
    machine.reset();
    /** The state after the last step. @type {Uint32Array} */
    this.state = machine.state();
  }

  /**
   * Read these steps; moments of what was read before are kept as far as nothing differs.
   * @param {ArrayLike<number>[]} steps
   * @param {number} [deadline] milliseconds of performance.now() at which to stop in between
   * @returns {boolean} whether all is read; if not, ask again
   */
  read(steps, deadline = Infinity) {
    let kept = 0;
    while (kept < Math.min(this.steps.length, steps.length) && same(this.steps[kept], steps[kept])) kept++;
    if (kept < this.moments.length) this.state = this.moments[kept].state;
    this.moments.length = this.steps.length = kept;
    if (kept === steps.length) return true;
    this.machine.load(this.state);
    for (let step = kept; step < steps.length; step++) {
      if (performance.now() > deadline) return false;
      this.take(steps[step]);
    }
    return true;
  }

  /**
   * Take over what another one has read, as far as nothing is done to it here.
   * @param {Reading} other @param {number} count of steps, at most
   */
  begin(other, count) {
    const { length } = other.moments;
    this.moments = other.moments.slice(0, count);
    this.steps = other.steps.slice(0, count);
    this.state = count < length ? other.moments[count].state : other.state;
  }

  /** Read one step more. @param {ArrayLike<number>} elements @returns {Moment} */
  append(elements) {
    this.machine.load(this.state);
    return this.take(elements);
  }

  /** The next step, the state being in the machine already. @param {ArrayLike<number>} elements */
  take(elements) {
    const { machine } = this;
    if (!this.room.length) this.room = roomFor(machine.facts);
    const { state, bits, numbers } = /** @type {Moment} */ (this.room.pop());
    this.changesAt(this.moments.length).forEach((change) => machine.hold(change));
    computeNumbers(machine, elements, numbers);
    const moment = { state: this.state, bits: machine.bits(0, bits), numbers };
    machine.latch();
    machine.release();
    this.state = machine.state(0, state);
    this.moments.push(moment);
    this.steps.push(elements);
    return moment;
  }
}

/** Zeros for the next ROOM steps, one after the other. @param {LiveFacts} facts @returns {Moment[]} */
function roomFor(facts) {
  const [states, bits] = [facts.resets, facts.bits].map((some) => wordsFor(some.length));
  const numbers = numbersOf(facts);
  const words = new Uint32Array(ROOM * (states + bits));
  const all = new Float64Array(ROOM * numbers);
  return Array.from({ length: ROOM }, (_, at) => {
    const from = at * (states + bits);
    return {
      state: words.subarray(from, from + states),
      bits: words.subarray(from + states, from + states + bits),
      numbers: all.subarray(at * numbers, (at + 1) * numbers),
    };
  });
}

/** @param {ArrayLike<number>} one @param {ArrayLike<number>} other */
function same(one, other) {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** How many numbers a head gives: of a serial one, those of all its code nodes. @param {LiveFacts} facts */
const numbersOf = (facts) => (facts.serial ? facts.elements[1].high + 1 : facts.numbers.length);

/**
 * Compute a step: the numbers of the head; of a serial one, those of all its code nodes, which are asked about side by
 * side, so that run 0 holds code node 0 in the end.
 * @param {Machine} machine
 * @param {ArrayLike<number>} elements the code node needs not be among them
 * @param {Float64Array} [found] zeros to put them into
 * @returns {Float64Array}
 */
function computeNumbers(machine, elements, found = new Float64Array(numbersOf(machine.facts))) {
  machine.give(elements);
  if (!machine.facts.serial) {
    machine.compute();
    return machine.numbers(0, found);
  }
  for (let first = LANES * Math.floor((found.length - 1) / LANES); first >= 0; first -= LANES) {
    const count = Math.min(LANES, found.length - first);
    for (let lane = 0; lane < count; lane++) machine.give([elements[0], first + lane], lane);
    machine.compute();
    found.set(machine.allNumbers().subarray(0, count), first);
  }
  return found;
}
