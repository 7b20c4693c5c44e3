// What a model holds at every step of a text, or of a row after the other, with whatever is done to it.

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
    const { machine } = this;
    machine.load(this.state);
    while (this.moments.length < steps.length) {
      if (performance.now() > deadline) return false;
      const step = this.moments.length;
      const state = this.state;
      machine.release();
      this.changesAt(step).forEach((change) => machine.hold(change));
      const numbers = computeNumbers(machine, steps[step]);
      this.moments.push({ state, bits: machine.bits(), numbers });
      this.steps.push(steps[step]);
      machine.latch();
      this.state = machine.state();
    }
    machine.release();
    return true;
  }
}

/** @param {ArrayLike<number>} one @param {ArrayLike<number>} other */
const same = (one, other) => one.length === other.length && Array.from(one).every((value, at) => value === other[at]);

/**
 * Compute a step: the numbers of the head; of a serial one, those of all its code nodes, which are asked about side by
 * side, so that run 0 holds code node 0 in the end.
 * @param {Machine} machine
 * @param {ArrayLike<number>} elements the code node needs not be among them
 * @returns {Float64Array}
 */
function computeNumbers(machine, elements) {
  const { facts } = machine;
  machine.give(elements);
  if (!facts.serial) {
    machine.compute();
    return machine.numbers();
  }
  const nodes = facts.elements[1].high + 1;
  const found = new Float64Array(nodes);
  for (let first = LANES * Math.floor((nodes - 1) / LANES); first >= 0; first -= LANES) {
    const count = Math.min(LANES, nodes - first);
    for (let lane = 0; lane < count; lane++) machine.give([elements[0], first + lane], lane);
    machine.compute();
    for (let lane = 0; lane < count; lane++) found[first + lane] = machine.numbers(lane)[0];
  }
  return found;
}
