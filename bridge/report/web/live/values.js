// What a name was in a step: a bit, an integer, how many bits of a block are 1, a number of the head, a probability.

/**
 * A name that has a value in every step. bits: where it is in those of a moment.
 * @typedef {object} Watched
 * @property {string} name
 * @property {"bit" | "number" | "block" | "head" | "probability" | "surprise"} kind
 * @property {number[]} bits
 * @property {(moment: Moment, byte?: number) => number} of byte: the one that followed
 */

/** What the byte that follows costs: no signal, but one can follow it. */
const SURPRISE = "surprise";

/** @type {WeakMap<Live, Map<string, Watched | null>>} */
const knownWatched = new WeakMap();

/** @param {Live} live @param {string} name @returns {Watched | null} null for a name that has no value here */
function watchedOf(live, name) {
  const known = knownWatched.get(live) ?? new Map();
  knownWatched.set(live, known);
  if (!known.has(name))
    known.set(name, signalWatched(live, name) ?? headWatched(live, name) ?? likelihoodWatched(live, name));
  return known.get(name) ?? null;
}

/** The bits of a name: itself, those of an integer, or all of a block. @param {Live} live @param {string} name @returns {number[]} */
const bitsNamed = (live, name) => watchedOf(live, name)?.bits ?? [];

/** @param {Live} live @param {string} name @returns {Watched | null} */
function signalWatched(live, name) {
  const signals = signalsOf(live, name);
  const bits = signals.flatMap((signal) => signal.bits);
  if (!bits.length) return null;
  if (signals.length === 1) {
    const kind = isBit(signals[0]) ? "bit" : "number";
    return { name, kind, bits, of: (moment) => valueOf(signals[0], moment.bits) };
  }
  return { name, kind: "block", bits, of: (moment) => bits.reduce((sum, bit) => sum + bitAt(moment.bits, bit), 0) };
}

/** What the numbers of the head are called. @param {LiveFacts} facts @returns {string[]} */
function headNames({ readout, scores }) {
  if (scores) return scores.labels.map((text) => `class.${text}`);
  if (!readout) return [];
  return readout.code ? readout.code.map((_, node) => `score.${node}`) : readout.symbols.map((byte) => `logit.${byte}`);
}

/** logit.97 or logit.'a', score.3, class.cat @param {Live} live @param {string} name @returns {Watched | null} */
function headWatched(live, name) {
  const place = headNames(live.facts).indexOf(plainName(name));
  return place < 0 ? null : { name, kind: "head", bits: [], of: (moment) => moment.numbers[place] };
}

/** probability.97 or probability.'a'; surprise @param {Live} live @param {string} name @returns {Watched | null} */
function likelihoodWatched(live, name) {
  if (!live.facts.readout) return null;
  if (name === SURPRISE) {
    const of = (/** @type {Moment} */ moment, /** @type {number | undefined} */ byte) =>
      byte === undefined ? NaN : lengthsAfter(live, moment)[byte];
    return { name, kind: "surprise", bits: [], of };
  }
  const digits = plainName(name).match(/^probability\.(\d{1,3})$/)?.[1];
  const byte = Number(digits);
  if (digits === undefined || byte > 255) return null;
  return { name, kind: "probability", bits: [], of: (moment) => 2 ** -lengthsAfter(live, moment)[byte] };
}
