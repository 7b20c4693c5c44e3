// What matters: by how much what the model says changes when one bit, or one byte read before, is another.

/**
 * A byte of the text, replaced by what was the likeliest other one there; effect: by how many bits the code length of
 * the byte that is looked at changes.
 * @typedef {{place: number, byte: number, instead: number, effect: number}} Earlier
 */

/**
 * The exact effect of every bit (by its number in `facts.bits`) when it alone is turned in the step before the place,
 * on top of all that is done; and of the last LANES bytes, each replaced alone. On the code length of a byte, in bits;
 * of models of classes on the margin of the class over the best other one, of estimates on the estimate. All 0 where
 * nothing was read yet, or nothing is predicted.
 * @param {Live} live
 * @param {number} place
 * @param {number} target a byte, or the number of a class
 * @returns {{bits: Float64Array, earlier: Earlier[]}}
 */
function effectsOn(live, place, target) {
  const { facts, now } = live;
  if (!predicts(live, place)) return { bits: new Float64Array(facts.bits.length), earlier: [] };
  const nodes = facts.serial ? pathTo(/** @type {Readout} */ (facts.readout), target).map(([node]) => node) : [0];
  const worth = worthOf(facts, target);
  const before = worth(now.moments[place - 1].numbers);
  const change = (/** @type {Float64Array} */ numbers) => {
    const after = worth(numbers);
    return after === before ? 0 : after - before;
  };
  return {
    bits: bitEffects(now, place - 1, nodes, change),
    earlier: facts.kind === "text" ? earlierEffects(now, place, nodes, change) : [],
  };
}

/**
 * Which byte would be the likeliest at the place, or which class the largest, if each of these sets of changes alone
 * were done on top of all that is done: in the step before the place alone, or in every step from an earlier one on. A
 * set changes no node twice. None where nothing was read yet, or nothing is predicted.
 * @param {Live} live
 * @param {number} place
 * @param {Change[][]} sets
 * @param {number} [from]
 * @returns {number[]}
 */
function saidIf(live, place, sets, from = place - 1) {
  const { facts, now } = live;
  if (!predicts(live, place)) return [];
  /** @type {number[]} */
  const said = [];
  numbersIf(now, from, place - 1, sets, allNodes(facts), (numbers, set) => {
    said[set] = likeliestAmong(facts, numbers);
  });
  return said;
}

/** The byte, or the class, that comes first. @param {LiveFacts} facts @param {Float64Array} numbers */
const likeliestAmong = ({ readout }, numbers) => (readout ? likeliestOf(readout, numbers) : largestOf(numbers));

/** Is something predicted at a place that was read? @param {Live} live @param {number} place */
const predicts = ({ facts, now }, place) => facts.kind !== "bits" && place > 0 && place <= now.moments.length;

/** @param {LiveFacts} facts */
const allNodes = (facts) => Array.from({ length: facts.serial ? numbersOf(facts) : 1 }, (_, node) => node);

/**
 * What a byte costs, by how much a class is ahead of the best other one, or what is estimated.
 * @param {LiveFacts} facts @param {number} target @returns {(numbers: ArrayLike<number>) => number}
 */
function worthOf({ readout, scores }, target) {
  if (readout) return lengthOf(readout, target);
  const scale = scores?.scale ?? 1;
  return (numbers) => scale * (numbers[target] - (numbers[largestOf(numbers, target)] ?? 0));
}

/**
 * Each node that has a name is turned in a run of its own.
 * @param {Reading} reading @param {number} step @param {number[]} nodes @param {(numbers: Float64Array) => number} change
 */
function bitEffects(reading, step, nodes, change) {
  const {
    bitOf,
    facts: { handleOf },
  } = reading.machine;
  const effects = new Float64Array(bitOf.length);
  const turned = Array.from(bitOf, (bit) => (bit < 0 ? [] : [{ bit, value: FLIP }]));
  numbersIf(reading, step, step, turned, nodes, (numbers, handle) => (effects[handle] = change(numbers)));
  return Float64Array.from(handleOf, (handle) => (handle < 0 ? 0 : effects[handle]));
}

const FLIP = /** @type {"flip"} */ ("flip");

/**
 * The numbers of the head in a step, when each set of changes alone is done on top of all from another step on: LANES
 * sets side by side.
 * @param {Reading} reading
 * @param {number} from
 * @param {number} to the step
 * @param {Change[][]} sets
 * @param {number[]} nodes the code nodes that are asked about; what others score is 0
 * @param {(numbers: Float64Array, set: number) => void} take
 */
function numbersIf(reading, from, to, sets, nodes, take) {
  const { machine } = reading;
  for (let first = 0; first < sets.length; first += LANES) {
    const some = sets.slice(first, first + LANES);
    machine.load(reading.moments[from].state);
    for (let step = from; step <= to; step++) {
      holdAll(reading, step);
      some.forEach((set, lane) => set.forEach((change) => machine.hold(change, lane)));
      const elements = Array.from(reading.steps[step]);
      const given = (/** @type {number} */ node) => machine.give([...elements, node]);
      if (step < to) pass(machine, given);
      else numbersOfLanes(machine, given, nodes, some.length).forEach((numbers, lane) => take(numbers, first + lane));
    }
  }
  machine.release();
}

/**
 * Each byte is replaced in a run of its own.
 * @param {Reading} reading @param {number} place @param {number[]} nodes @param {(numbers: Float64Array) => number} change
 */
function earlierEffects(reading, place, nodes, change) {
  const { machine, moments, steps } = reading;
  const first = Math.max(0, place - LANES);
  const found = Array.from({ length: place - first }, (_, at) => {
    const byte = steps[first + at][0];
    return { place: first + at, byte, instead: insteadOf(reading, first + at), effect: 0 };
  });
  machine.load(moments[first].state);
  for (const { place: step, byte, instead } of found) {
    holdAll(reading, step);
    const given = (/** @type {number} */ node) => {
      machine.give([byte, node]);
      machine.give([instead, node], step - first);
    };
    if (step < place - 1) pass(machine, given);
    else numbersOfLanes(machine, given, nodes, found.length).forEach((all, at) => (found[at].effect = change(all)));
  }
  machine.release();
  return found;
}

/**
 * The likeliest other byte; before all, where nothing is predicted, a newline or else the lowest symbol.
 * @param {Reading} reading @param {number} step
 */
function insteadOf(reading, step) {
  const readout = /** @type {Readout} */ (reading.machine.facts.readout);
  const byte = reading.steps[step][0];
  const others = readout.symbols.filter((symbol) => symbol !== byte);
  if (!others.length) return byte ^ 1;
  if (!step) return others.includes(NEWLINE) ? NEWLINE : others[0];
  const lengths = codeLengths(readout, reading.moments[step - 1].numbers);
  return others.reduce((best, other) => (lengths[other] < lengths[best] ? other : best));
}

/** What is done in a step, and nothing else. @param {Reading} reading @param {number} step */
function holdAll(reading, step) {
  reading.machine.release();
  reading.changesAt(step).forEach((change) => reading.machine.hold(change));
}

/** Go on to the next step. @param {Machine} machine @param {(node: number) => void} given gives what is read to all runs */
function pass(machine, given) {
  given(0);
  machine.compute();
  machine.latch();
}

/**
 * The numbers of the head in each of so many runs; what other code nodes than these score is 0.
 * @param {Machine} machine
 * @param {(node: number) => void} given
 * @param {number[]} nodes
 * @param {number} lanes
 */
function numbersOfLanes(machine, given, nodes, lanes) {
  const { serial } = machine.facts;
  const count = numbersOf(machine.facts);
  let numbers = new Float64Array(serial ? LANES * count : 0);
  for (const node of nodes) {
    given(node);
    machine.compute();
    const found = machine.allNumbers();
    if (!serial) numbers = found;
    else found.forEach((score, lane) => (numbers[lane * count + node] = score));
  }
  return Array.from({ length: lanes }, (_, lane) => numbers.subarray(lane * count, (lane + 1) * count));
}
