// The random numbers of numpy.random.default_rng(seed): SeedSequence and PCG64 (XSL RR 128/64), so that the page draws
// what `aigbridge generate` draws.

const [MASK_32, MASK_64, MASK_128] = [32n, 64n, 128n].map((bits) => (1n << bits) - 1n);
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const POOL = 4; // words

/** Of two words, in SeedSequence. @param {number} x @param {number} y */
function mixed(x, y) {
  const found = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
  return (found ^ (found >>> 16)) >>> 0;
}

/**
 * A hash of words whose constants change with every call.
 * @param {number} constant @param {number} multiplier
 * @returns {(word: number) => number}
 */
function hashing(constant, multiplier) {
  return (word) => {
    const before = word ^ constant;
    constant = Math.imul(constant, multiplier);
    const found = Math.imul(before, constant);
    return (found ^ (found >>> 16)) >>> 0;
  };
}

/** What SeedSequence makes of a seed: eight words. @param {bigint} seed */
function seedWords(seed) {
  /** @type {number[]} */
  const entropy = [];
  for (; seed || !entropy.length; seed >>= 32n) entropy.push(Number(seed & MASK_32));
  const hash = hashing(0x43b0d7e5, 0x931e8875);
  const pool = Array.from({ length: POOL }, (_, at) => hash(entropy[at] ?? 0));
  for (let from = 0; from < POOL; from++) {
    for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mixed(pool[to], hash(pool[from]));
  }
  for (const word of entropy.slice(POOL)) {
    for (let to = 0; to < POOL; to++) pool[to] = mixed(pool[to], hash(word));
  }
  const last = hashing(0x8b51f9dd, 0x58f38ded);
  return Array.from({ length: 8 }, (_, at) => last(pool[at % POOL]));
}

class Random {
  /** @param {number | bigint} seed not negative */
  constructor(seed) {
    const words = seedWords(BigInt(seed)).map(BigInt);
    const [high, low, streamHigh, streamLow] = [0, 2, 4, 6].map((at) => words[at] | (words[at + 1] << 32n));
    this.increment = ((((streamHigh << 64n) | streamLow) << 1n) | 1n) & MASK_128;
    this.state = 0n;
    this.advance();
    this.state += (high << 64n) | low;
    this.advance();
  }

  advance() {
    this.state = (this.state * MULTIPLIER + this.increment) & MASK_128;
  }

  /** In [0, 1), a multiple of 2 ** -53. */
  next() {
    this.advance();
    const [word, turn] = [(this.state ^ (this.state >> 64n)) & MASK_64, this.state >> 122n];
    const turned = ((word >> turn) | (word << (64n - turn))) & MASK_64;
    return Number(turned >> 11n) * 2 ** -53;
  }
}

const TINIEST = 2 ** -1022;

/** The next number to draw with, in (0, 1); 0 at temperature 0: the likeliest. @param {Random} random @param {number} temperature */
const uniformOf = (random, temperature) => (temperature ? Math.max(random.next(), TINIEST) : 0);

/**
 * A byte, drawn from what the numbers of a head make likely, as bridge.readout.lengths does it: of logits by one number;
 * of a code tree bit by bit, what is left of the number after each.
 * @param {Readout} readout
 * @param {ArrayLike<number>} numbers
 * @param {number} temperature 0: the likeliest, the lowest of equals; of a code tree the likelier bit each time
 * @param {number} uniform see `uniformOf`
 */
function drawSymbol({ symbols, scale, code }, numbers, temperature, uniform) {
  const tempered = temperature ? scale / temperature : scale;
  if (code) return drawAlong(symbols, code, numbers, tempered, uniform);
  const peak = largestOf(numbers);
  if (!uniform) return symbols[peak];
  let total = 0;
  const cumulative = symbols.map((_, at) => (total += Math.exp(-tempered * (numbers[peak] - numbers[at]))));
  const found = cumulative.findIndex((sum) => sum > uniform * total);
  return symbols[found < 0 ? symbols.length - 1 : found];
}

/** @param {number[]} symbols @param {[number, number][]} code @param {ArrayLike<number>} numbers @param {number} scale @param {number} uniform */
function drawAlong(symbols, code, numbers, scale, uniform) {
  let place = 0;
  let left = uniform;
  while (place >= 0) {
    const score = numbers[place];
    let bit = score > 0 ? 1 : 0;
    if (uniform) {
      const one = 1 / (1 + Math.exp(-Math.max(Math.min(scale * score, 700), -700)));
      bit = left < 1 - one ? 0 : 1;
      const rest = bit ? Math.max((left - (1 - one)) / one, 2 ** -1000) : left / (1 - one);
      left = Math.min(rest, 1 - 2 ** -53);
    }
    place = code[place][bit];
  }
  return symbols[~place];
}
