// What a name was in a step: a bit, an integer, how many bits of a block are 1, a number of the head, a probability.

/**
 * A name that has a value in every step. bits: where it is in those of a moment.
 * @typedef {object} Watched
 * @property {string} name
 * @property {"bit" | "number" | "block" | "head" | "probability" | "surprise"} kind
 * @property {number[]} bits
 * @property {(moment: Moment, byte?: number) => number} of byte: the one that followed
 */

/** What a byte costs that follows: no signal, but one can follow it. */
const SURPRISE = "surprise";

/** @typedef {{elements: Map<string, number[]>, blocks: Map<string, number[]>, signed: Set<string>, watched: Map<string, Watched | null>}} Names */

/** @type {WeakMap<Live, Names>} */
const namesOf = new WeakMap();

/** @param {Live} live @returns {Names} */
function namesIn(live) {
  const known = namesOf.get(live);
  if (known) return known;
  /** @type {Names} */
  const found = { elements: new Map(), blocks: new Map(), signed: new Set(live.data.signed), watched: new Map() };
  live.facts.bits.forEach((name, bit) => {
    const [, element, block] = name.match(/^((.*)\[\d+\])(?:\.\d+)?$/s) ?? [];
    if (element === undefined) return;
    if (element !== name) append(found.elements, element, bit);
    append(found.blocks, block, bit);
  });
  namesOf.set(live, found);
  return found;
}

/** @param {Map<string, number[]>} lists @param {string} key @param {number} value */
function append(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** @type {WeakMap<Float64Array, Float64Array>} */
const lengthsKnown = new WeakMap();

/** What each byte costs after a moment. @param {Readout} readout @param {Moment} moment */
function lengthsAt(readout, moment) {
  const known = lengthsKnown.get(moment.numbers);
  if (known) return known;
  const found = codeLengths(readout, moment.numbers);
  lengthsKnown.set(moment.numbers, found);
  return found;
}

/** The bits of a name: itself, those of an integer, or all of a block. @param {Live} live @param {string} name @returns {number[]} */
function bitsNamed(live, name) {
  const bit = live.names.get(name);
  if (bit !== undefined) return [bit];
  const { elements, blocks } = namesIn(live);
  return elements.get(name) ?? blocks.get(name) ?? [];
}

/** @param {Live} live @param {string} name @returns {Watched | null} null for a name that has no value here */
function watchedOf(live, name) {
  const { watched } = namesIn(live);
  const known = watched.get(name);
  if (known !== undefined) return known;
  const found = bitOf(live, name) ?? numberOf(live, name) ?? headOf(live, name) ?? likelihoodOf(live, name);
  watched.set(name, found);
  return found;
}

/** @param {Live} live @param {string} name @returns {Watched | null} */
function bitOf(live, name) {
  const bit = live.names.get(name);
  return bit === undefined ? null : { name, kind: "bit", bits: [bit], of: (moment) => bitAt(moment.bits, bit) };
}

/** @param {Live} live @param {string} name @returns {Watched | null} */
function numberOf(live, name) {
  const { elements, blocks, signed } = namesIn(live);
  const [own, block] = [elements.get(name), blocks.get(name)];
  if (own) {
    const worth = own.map((_, place) => (place === own.length - 1 && signed.has(name) ? -(2 ** place) : 2 ** place));
    return { name, kind: "number", bits: own, of: (moment) => weighed(moment.bits, own, worth) };
  }
  if (!block) return null;
  return {
    name,
    kind: "block",
    bits: block,
    of: (moment) => block.reduce((sum, bit) => sum + bitAt(moment.bits, bit), 0),
  };
}

/** @param {Uint32Array} bits @param {number[]} places @param {number[]} worth */
const weighed = (bits, places, worth) => places.reduce((sum, bit, at) => sum + worth[at] * bitAt(bits, bit), 0);

/** What the numbers of the head are called. @param {LiveFacts} facts @returns {string[]} */
function headNames(facts) {
  const { readout, scores } = facts;
  if (scores) return scores.labels.map((text) => `class.${text}`);
  if (!readout) return [];
  return readout.code ? readout.code.map((_, node) => `score.${node}`) : readout.symbols.map((byte) => `logit.${byte}`);
}

/** logit.97 or logit.'a', score.3, class.cat @param {Live} live @param {string} name @returns {Watched | null} */
function headOf(live, name) {
  const plain = name.replace(/^logit\.'(.)'$/su, (_, letter) => `logit.${letter.codePointAt(0)}`);
  const place = headNames(live.facts).indexOf(plain.replace(/^class\.'(.+)'$/su, "class.$1"));
  return place < 0 ? null : { name, kind: "head", bits: [], of: (moment) => moment.numbers[place] };
}

/** probability.97 or probability.'a'; surprise @param {Live} live @param {string} name @returns {Watched | null} */
function likelihoodOf(live, name) {
  const { readout } = live.facts;
  if (!readout) return null;
  if (name === SURPRISE) {
    const of = (/** @type {Moment} */ moment, /** @type {number | undefined} */ byte) =>
      byte === undefined ? NaN : lengthsAt(readout, moment)[byte];
    return { name, kind: "surprise", bits: [], of };
  }
  const [, letter, digits] = name.match(/^probability\.(?:'(.)'|(\d{1,3}))$/su) ?? [];
  if (letter === undefined && digits === undefined) return null;
  const byte = digits === undefined ? /** @type {number} */ (letter.codePointAt(0)) : Number(digits);
  if (byte > 255) return null;
  return { name, kind: "probability", bits: [], of: (moment) => 2 ** -lengthsAt(readout, moment)[byte] };
}
