// From numbers of a head to probabilities: bridge.readout.lengths, in the same order of evaluation.

const UNSEEN_MASS = 2 ** -20;
const NEWLINE = 10;

/**
 * What each byte costs, in bits: its probability is 2 ** -cost.
 * @param {Readout} readout
 * @param {ArrayLike<number>} numbers logits of the symbols, or scores of the code nodes
 * @returns {Float64Array} of 256
 */
function codeLengths(readout, numbers) {
  const { symbols, scale, code } = readout;
  const lengths = new Float64Array(256).fill(unseenLength(readout));
  if (code) {
    const costs = new Float64Array(code.length).fill(seenLength(readout));
    code.forEach((children, node) =>
      children.forEach((child, bit) => {
        const cost = costs[node] + bitLength(numbers[node], bit, scale);
        if (child < 0) lengths[symbols[~child]] = cost;
        else costs[child] = cost;
      }),
    );
    return lengths;
  }
  const seen = seenLength(readout);
  const { largest, total } = softmax(readout, numbers);
  symbols.forEach((symbol, at) => {
    lengths[symbol] = Math.log2(total) + (scale * (largest - numbers[at])) / Math.LN2 + seen;
  });
  return lengths;
}

/**
 * What one byte costs, in bits, as a function of the numbers.
 * @param {Readout} readout @param {number} byte
 * @returns {(numbers: ArrayLike<number>) => number}
 */
function lengthOf(readout, byte) {
  const { symbols, scale, code } = readout;
  const rank = symbols.indexOf(byte);
  const [seen, unseen, path] = [seenLength(readout), unseenLength(readout), pathTo(readout, byte)];
  if (rank < 0) return () => unseen;
  if (code) return (numbers) => path.reduce((sum, [node, bit]) => sum + bitLength(numbers[node], bit, scale), seen);
  return (numbers) => {
    const { largest, total } = softmax(readout, numbers);
    return Math.log2(total) + (scale * (largest - numbers[rank])) / Math.LN2 + seen;
  };
}

/**
 * The code nodes that lead to a byte, and which bit is taken at each; none to a byte that is no symbol.
 * @param {Readout} readout @param {number} byte
 * @returns {[node: number, bit: number][]}
 */
function pathTo({ symbols, code }, byte) {
  const rank = symbols.indexOf(byte);
  /** @type {[number, number][]} */
  const path = [];
  if (!code || rank < 0) return path;
  let end = ~rank;
  do {
    const node = code.findIndex((children) => children.includes(end));
    path.unshift([node, code[node].indexOf(end)]);
    end = node;
  } while (end);
  return path;
}

/** The largest logit, and the sum of all weights beside it. @param {Readout} readout @param {ArrayLike<number>} numbers */
function softmax({ symbols, scale }, numbers) {
  let largest = -Infinity;
  for (let at = 0; at < symbols.length; at++) largest = Math.max(largest, numbers[at]);
  let total = 0;
  for (let at = 0; at < symbols.length; at++) total += Math.exp(-scale * (largest - numbers[at]));
  return { largest, total };
}

/** What a code bit costs under the score of its node. @param {number} score @param {number} bit @param {number} scale */
function bitLength(score, bit, scale) {
  const wrong = bit ? -scale * score : scale * score;
  return (Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(wrong)))) / Math.LN2;
}

/** What is added to the cost of every symbol. @param {Readout} readout */
const seenLength = ({ symbols }) => (symbols.length < 256 ? -Math.log2(1 - UNSEEN_MASS) : 0);

/** What every other byte costs. @param {Readout} readout */
const unseenLength = ({ symbols }) => (symbols.length < 256 ? Math.log2((256 - symbols.length) / UNSEEN_MASS) : 0);

/** Which number is the largest, the first of equals; but for one of them. @param {ArrayLike<number>} numbers @param {number} [but] */
function largestOf(numbers, but = -1) {
  let best = but === 0 ? 1 : 0;
  for (let at = best + 1; at < numbers.length; at++) if (at !== but && numbers[at] > numbers[best]) best = at;
  return best;
}

/** The likeliest byte, of equals the lowest. @param {Readout} readout @param {ArrayLike<number>} numbers */
const likeliestOf = (readout, numbers) =>
  readout.code ? cheapestOf(codeLengths(readout, numbers)) : readout.symbols[largestOf(numbers)];

/** The same of what each byte costs. @param {Float64Array} lengths */
const cheapestOf = (lengths) => lengths.indexOf(Math.min(...lengths));

/** The bytes from the likeliest to the least likely, of equals the lowest first. @param {Float64Array} lengths */
const byLikelihood = (lengths) => [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b] || a - b);
