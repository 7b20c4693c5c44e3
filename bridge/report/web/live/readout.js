// From numbers of a head to probabilities: bridge.readout.model, in the same order of evaluation.

const UNSEEN_MASS = 2 ** -20;

/** log2(1 + exp(x)) @param {number} x */
const softplus = (x) => (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))) / Math.LN2;

/**
 * What each byte costs, in bits: its probability is 2 ** -cost.
 * @param {Readout} readout
 * @param {ArrayLike<number>} numbers logits of the symbols, or scores of the code nodes
 * @returns {Float64Array} of 256
 */
function codeLengths(readout, numbers) {
  const { symbols, scale, code } = readout;
  const unseen = 256 - symbols.length;
  const seen = unseen ? -Math.log2(1 - UNSEEN_MASS) : 0;
  const lengths = new Float64Array(256).fill(unseen ? Math.log2(unseen / UNSEEN_MASS) : 0);
  if (code) {
    const costs = new Float64Array(code.length);
    code.forEach((children, node) => {
      children.forEach((child, bit) => {
        const cost = costs[node] + softplus(bit ? -scale * numbers[node] : scale * numbers[node]);
        if (child < 0) lengths[symbols[~child]] = seen + cost;
        else costs[child] = cost;
      });
    });
    return lengths;
  }
  const largest = symbols.reduce((most, _, at) => Math.max(most, numbers[at]), -Infinity);
  const total = symbols.reduce((sum, _, at) => sum + Math.exp(-scale * (largest - numbers[at])), 0);
  symbols.forEach((symbol, at) => {
    lengths[symbol] = Math.log2(total) + (scale * (largest - numbers[at])) / Math.LN2 + seen;
  });
  return lengths;
}

/** The bytes from the likeliest to the least likely, of equals the lowest first. @param {Float64Array} lengths */
const byLikelihood = (lengths) => [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b] || a - b);
