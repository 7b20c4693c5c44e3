// What each byte of a text cost, as far as it is read.

/** Where the next darker shade begins, in bits. */
const SHADES = [0.5, 1, 2, 4, 7];

/** @param {number} bits */
const shadeOf = (bits) => SHADES.filter((least) => bits >= least).length;

/** @typedef {{text: Uint8Array, costs: Float64Array, known: number}} Charged */

/** @type {WeakMap<Reading, Charged>} */
const charged = new WeakMap();

/**
 * The bits that each byte of the text cost in this reading of it, as far as it is read; the first byte is not
 * predicted: NaN. What was known of the beginning is kept.
 * @param {Live} live @param {Reading} reading
 */
function costsOf(live, reading) {
  const { text } = live.view;
  const readout = /** @type {Readout} */ (live.facts.readout);
  const before = charged.get(reading) ?? { text: new Uint8Array(), costs: new Float64Array([NaN]), known: 0 };
  let { costs, known } = before;
  if (before.text !== text) known = Math.min(known, commonStart(before.text, text));
  if (costs.length < text.length) {
    costs = new Float64Array(2 * text.length);
    costs.set(before.costs);
  }
  const end = Math.min(text.length, reading.moments.length + 1);
  costs[0] = NaN;
  for (known = Math.max(known, 1); known < end; known++) {
    costs[known] = codeLengths(readout, reading.moments[known - 1].numbers)[text[known]];
  }
  charged.set(reading, { text, costs, known });
  return costs.subarray(0, end);
}

/** How many bytes they have in common at the start. @param {Uint8Array} one @param {Uint8Array} other */
function commonStart(one, other) {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one[at] === other[at]) at++;
  return at;
}

/** All bits of a text, without its first byte. @param {Float64Array} costs */
const totalOf = (costs) => costs.subarray(1).reduce((sum, bits) => sum + bits, 0);

/** @type {WeakMap<Moment, Float64Array>} */
const expected = new WeakMap();

/** What every byte costs after a step. @param {Live} live @param {Moment} moment */
function lengthsAfter(live, moment) {
  const known = expected.get(moment);
  if (known) return known;
  const found = codeLengths(/** @type {Readout} */ (live.facts.readout), moment.numbers);
  expected.set(moment, found);
  return found;
}
