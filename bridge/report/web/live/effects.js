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
  const predicts = facts.kind !== "bits" && place > 0 && place <= now.moments.length;
  if (!predicts) return { bits: new Float64Array(facts.bits.length), earlier: [] };
  const worth = worthOf(facts, target);
  const before = worth(now.moments[place - 1].numbers);
  const nodes = facts.serial ? pathTo(/** @type {Readout} */ (facts.readout), target).map(([node]) => node) : [0];
  const asked = { nodes, worth, before };
  return {
    bits: bitEffects(now, place - 1, asked),
    earlier: facts.kind === "text" ? earlierEffects(now, place, asked) : [],
  };
}

/**
 * What is asked for. nodes: the code nodes that it takes; worth: of the numbers of the head; before: with nothing turned.
 * @typedef {{nodes: number[], worth: (numbers: ArrayLike<number>) => number, before: number}} Asked
 */

/** @param {LiveFacts} facts @param {number} target @returns {(numbers: ArrayLike<number>) => number} */
function worthOf({ readout, scores }, target) {
  if (readout) return lengthOf(readout, target);
  const scale = scores?.scale ?? 1;
  return (numbers) => {
    let best = -Infinity;
    for (let label = 0; label < numbers.length; label++) if (label !== target) best = Math.max(best, numbers[label]);
    return scale * (best === -Infinity ? numbers[target] : numbers[target] - best);
  };
}

/** Each handle is turned in a run of its own. @param {Reading} reading @param {number} step @param {Asked} asked */
function bitEffects(reading, step, asked) {
  const { machine } = reading;
  const { facts } = machine;
  const effects = new Float64Array(facts.handles);
  const given = (/** @type {number} */ node) => machine.give([...Array.from(reading.steps[step]), node]);
  machine.load(reading.moments[step].state);
  holdAll(reading, step);
  for (let first = 0; first < facts.handles; first += LANES) {
    const count = Math.min(LANES, facts.handles - first);
    for (let lane = 0; lane < count; lane++) machine.turn(first + lane, lane);
    effects.set(changes(machine, given, asked).subarray(0, count), first);
    for (let lane = 0; lane < count; lane++) machine.turn(first + lane, lane);
  }
  machine.release();
  return Float64Array.from(facts.handleOf, (handle) => (handle < 0 ? 0 : effects[handle]));
}

/** Each byte is replaced in a run of its own. @param {Reading} reading @param {number} place @param {Asked} asked */
function earlierEffects(reading, place, asked) {
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
    if (step === place - 1) {
      changes(machine, given, asked)
        .subarray(0, found.length)
        .forEach((effect, at) => (found[at].effect = effect));
    } else {
      given(0);
      machine.compute();
      machine.latch();
    }
  }
  machine.release();
  return found;
}

/** The likeliest other byte; before all, where nothing is predicted, a newline or else the lowest symbol. @param {Reading} reading @param {number} step */
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

/**
 * By how much what is asked for differs in every run.
 * @param {Machine} machine
 * @param {(node: number) => void} given gives what is read to all runs
 * @param {Asked} asked
 */
function changes(machine, given, { nodes, worth, before }) {
  const { serial, readout } = machine.facts;
  const count = serial ? (readout?.code?.length ?? 0) : machine.facts.numbers.length;
  let numbers = new Float64Array(LANES * count);
  for (const node of nodes) {
    given(node);
    machine.compute();
    const found = machine.allNumbers();
    if (!serial) numbers = found;
    else found.forEach((score, lane) => (numbers[lane * count + node] = score));
  }
  return Float64Array.from({ length: LANES }, (_, lane) => {
    const after = worth(numbers.subarray(lane * count, (lane + 1) * count));
    return after === before ? 0 : after - before;
  });
}
