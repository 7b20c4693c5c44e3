// What led to what is said, as a graph: bytes, bits and logits, and the exact direct effect of each on the next.
// An effect is direct where everything else that has a name is held as it was.

const GRAPH = {
  places: 12, // steps back
  nodes: 300, // bits and bytes at most, those with the most influence
  logits: 4, // the likeliest
  least: 1e-5, // influence below which nothing is followed back
};

/**
 * A bit, a byte or a logit in a step. depth: see Depths; the byte is below all. handle: of a bit, else -1; target: the
 * byte of a logit.
 * @typedef {{step: number, depth: number, handle: number, target: number, influence: number}} GraphNode
 */

/** weight: what the target would lose if the source were the other way. @typedef {{source: GraphNode, target: GraphNode, weight: number}} GraphLink */

/** The graph while it is followed back, from the last step to the first. */
class Ancestry {
  /** @param {Live} live @param {Depths} depths @param {number[]} targets bytes that may be said */
  constructor(live, depths, targets) {
    this.live = live;
    this.depths = depths;
    this.last = live.view.place - 1;
    this.first = Math.max(0, live.view.place - GRAPH.places);
    const { facts } = live;
    this.bitOf = live.machine.bitOf;
    /** By the handles of what is read of them; what is held in the netlist has none. @type {Map<number, number>} */
    this.latchOf = new Map(facts.resets.map((_, latch) => [facts.handleOf[facts.inputs + latch], latch]));
    this.latchOf.delete(-1);
    const from = facts.inputs + facts.resets.length;
    const outputs = new Set(facts.bits.filter((name) => !isInside(name)));
    this.neurons = [...this.bitOf.keys()].filter((handle) => {
      return (
        handle >= from &&
        !this.latchOf.has(handle) &&
        !depths.asked[handle] &&
        !outputs.has(facts.bits[this.bitOf[handle]])
      );
    });
    this.states = [...this.latchOf.keys()];
    this.deepest = this.neurons.reduce((most, handle) => Math.max(most, depths.depth[handle]), 0);
    /** @type {Map<string, GraphNode>} */
    this.nodes = new Map();
    /** @type {GraphLink[]} */
    this.links = [];
    this.logits = targets.map((target) => this.node(this.last, -1, target));
  }

  /** @param {number} step @param {number} handle @param {number} [target] of a logit */
  node(step, handle, target = -1) {
    const key = `${step} ${handle} ${target}`;
    let found = this.nodes.get(key);
    if (!found) {
      const depth = target >= 0 ? this.deepest + 1 : handle < 0 ? -1 : this.depths.depth[handle];
      found = { step, depth, handle, target, influence: 0 };
      this.nodes.set(key, found);
    }
    return found;
  }

  /** Follow all back. */
  trace() {
    const costs = lengthsAfter(this.live, this.live.now.moments[this.last]);
    const all = this.logits.reduce((sum, { target }) => sum + 2 ** -costs[target], 0);
    for (const logit of this.logits) logit.influence = 2 ** -costs[logit.target] / all;
    this.fromHead();
    for (let step = this.last; step >= this.first; step--) {
      if (step < this.last) this.fromState(step);
      for (let depth = this.deepest; depth > 0; depth--) this.fromNeurons(step, depth);
    }
  }

  /** What is known to matter of these, in a step. @param {number} step @param {number[]} handles */
  mattering(step, handles) {
    return handles.flatMap((handle) => {
      const found = this.nodes.get(`${step} ${handle} -1`);
      return found && found.influence > GRAPH.least ? [found] : [];
    });
  }

  fromHead() {
    const { facts, machine } = this.live;
    const readout = /** @type {Readout} */ (facts.readout);
    const worths = this.logits.map(({ target }) => worthOfLogit(readout, target));
    const unit = readout.code ? 1 : readout.scale;
    const before = worths.map((worth) => worth(this.live.now.moments[this.last].numbers));
    const nodes = facts.serial
      ? [...new Set(this.logits.flatMap(({ target }) => pathTo(readout, target).map(([node]) => node)))]
      : [0];
    const read = (/** @type {(node: number) => void} */ given) => {
      const numbers = numbersOfLanes(machine, given, nodes, LANES);
      return worths.map((worth, at) => (/** @type {number} */ lane) => unit * (before[at] - worth(numbers[lane])));
    };
    this.effects(this.last, this.logits, this.neurons, Infinity, read);
  }

  /** @param {number} step whose next state is asked about */
  fromState(step) {
    const { facts, machine, now } = this.live;
    const targets = this.mattering(step + 1, this.states);
    const state = now.moments[step + 1].state;
    const latches = targets.map(({ handle }) => /** @type {number} */ (this.latchOf.get(handle)));
    const literals = latches.map((latch) => facts.next[latch]);
    const values = latches.map((latch) => bitAt(state, latch));
    this.effects(step, targets, this.neurons, Infinity, (given) => {
      given(0);
      machine.compute();
      return literals.map((literal, at) => (/** @type {number} */ lane) => values[at] - machine.get(literal, lane));
    });
  }

  /** @param {number} step @param {number} depth of the neurons that are asked about */
  fromNeurons(step, depth) {
    const { facts, machine, now } = this.live;
    const targets = this.mattering(
      step,
      this.neurons.filter((handle) => this.depths.depth[handle] === depth),
    );
    const others = this.neurons.filter((handle) => this.depths.depth[handle] !== depth);
    const places = targets.map(({ handle }) => this.bitOf[handle]);
    const values = places.map((bit) => bitAt(now.moments[step].bits, bit));
    this.effects(step, targets, others, depth, (given) => {
      given(0);
      machine.compute();
      return places.map(
        (bit, at) => (/** @type {number} */ lane) => values[at] - machine.get(facts.literals[bit], lane),
      );
    });
  }

  /**
   * Turn every possible source in a run of its own, the rest of what has a name being held.
   * @param {number} step @param {GraphNode[]} targets @param {number[]} held handles that are not asked about
   * @param {number} below how deep sources are at most, not included
   * @param {(given: (node: number) => void) => ((lane: number) => number)[]} read computes, and tells what each target loses in a run
   */
  effects(step, targets, held, below, read) {
    if (!targets.length) return;
    const { machine, now } = this.live;
    const start = this.links.length;
    const { state, bits } = now.moments[step];
    const sources = [...this.states, ...this.neurons.filter((handle) => this.depths.depth[handle] < below)];
    const [byte, instead] = [now.steps[step][0], insteadOf(now, step)];
    machine.load(state);
    holdAll(now, step);
    for (const handle of held)
      machine.hold({ bit: this.bitOf[handle], value: /** @type {0 | 1} */ (bitAt(bits, this.bitOf[handle])) });
    const turn = (/** @type {number[]} */ handles) =>
      handles.forEach((handle, lane) => handle >= 0 && machine.hold({ bit: this.bitOf[handle], value: FLIP }, lane));
    for (let first = -1; first < sources.length; first += LANES) {
      const some = Array.from({ length: Math.min(LANES, sources.length - first) }, (_, lane) =>
        first + lane < 0 ? -1 : sources[first + lane],
      );
      turn(some);
      const losses = read((node) => {
        machine.give([byte, node]);
        if (first < 0) machine.give([instead, node], 0);
      });
      targets.forEach((target, at) => {
        some.forEach((handle, lane) => {
          const weight = losses[at](lane);
          if (weight) this.links.push({ source: this.node(step, handle), target, weight });
        });
      });
      turn(some);
    }
    machine.release();
    this.pass(this.links.slice(start));
  }

  /** What matters passes on to what it hangs on, in shares. @param {GraphLink[]} links all that lead to their targets */
  pass(links) {
    /** @type {Map<GraphNode, number>} */
    const sums = new Map();
    for (const { target, weight } of links) sums.set(target, (sums.get(target) ?? 0) + Math.abs(weight));
    for (const { source, target, weight } of links) {
      source.influence += (target.influence * Math.abs(weight)) / (sums.get(target) ?? 1);
    }
  }
}

/** What speaks for a byte: its logit, or with a code the logarithm of its probability in nats. @param {Readout} readout @param {number} target */
function worthOfLogit(readout, target) {
  const rank = readout.symbols.indexOf(target);
  if (!readout.code) return (/** @type {ArrayLike<number>} */ numbers) => numbers[rank];
  const length = lengthOf(readout, target);
  return (/** @type {ArrayLike<number>} */ numbers) => -Math.LN2 * length(numbers);
}
