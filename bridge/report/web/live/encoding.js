// From raw features to elements, exactly as bridge.cell.encoder has it, and back to a feature that gives them.

/** How many of the ascending thresholds a value reaches; NaN reaches none. @param {Float64Array} thresholds @param {number} value */
function thresholdsReached(thresholds, value) {
  let [least, most] = [0, thresholds.length];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (value >= thresholds[middle]) least = middle + 1;
    else most = middle;
  }
  return least;
}

class FeatureEncoder {
  /** @param {Encoder} encoder */
  constructor(encoder) {
    this.low = encoder.low;
    this.missing = encoder.missing;
    this.single = encoder.single;
    const rows = encoder.thresholds.map((row) => Float64Array.from(row, Number));
    const each = encoder.low.length / rows.length;
    this.thresholds = encoder.low.map((_, element) => rows[Math.floor(element / each)]);
    /** How many features there are, as far as is known. */
    this.count = encoder.columns ?? Math.max(...encoder.features) + 1;
    /** The elements that read each feature. @type {number[][]} */
    this.readers = Array.from({ length: this.count }, () => []);
    encoder.features.forEach((feature, element) => this.readers[feature].push(element));
  }

  /** What an element is for a feature; NaN is missing. @param {number} element @param {number} value */
  level(element, value) {
    if (Number.isNaN(value)) return this.missing ? this.missing[element] : this.low[element];
    return this.low[element] + thresholdsReached(this.thresholds[element], this.single ? Math.fround(value) : value);
  }

  /**
   * Between which values a feature gives these elements: at least the first, below the second; null if none does.
   * @param {number} feature @param {(element: number) => number} levelOf @returns {[number, number] | null}
   */
  interval(feature, levelOf) {
    let [from, below] = [-Infinity, Infinity];
    for (const element of this.readers[feature]) {
      const thresholds = this.thresholds[element];
      const count = levelOf(element) - this.low[element];
      if (count < 0 || count > thresholds.length) return null;
      from = Math.max(from, count ? thresholds[count - 1] : -Infinity);
      below = Math.min(below, count < thresholds.length ? thresholds[count] : Infinity);
    }
    return from < below ? [from, below] : null;
  }

  /** A feature that gives these elements: a plain number if there is one, else NaN. @param {number} feature @param {(element: number) => number} levelOf */
  likely(feature, levelOf) {
    const interval = this.interval(feature, levelOf);
    return interval ? plainest(interval, this.reach(feature)) : NaN;
  }

  /** Where something happens: all thresholds of these features and some room. @param {number[]} features @returns {[number, number]} */
  reachOf(features) {
    const every = features.flatMap((feature) => this.readers[feature].flatMap((j) => [...this.thresholds[j]]));
    const all = [...new Set(every)].filter(Number.isFinite).sort((a, b) => a - b);
    if (!all.length) return [0, 1];
    const [first, last] = [all[0], /** @type {number} */ (all.at(-1))];
    const gap = all.length > 1 ? (last - first) / (all.length - 1) / 2 : Math.abs(first) || 1;
    return [first - gap, last + gap];
  }

  /** @param {number} feature @returns {[number, number]} */
  reach(feature) {
    const [least, most] = this.reachOf([feature]);
    const room = (most - least) / 10;
    return [least < 0 || least >= room ? least - room : Math.min(least, 0), most + room];
  }
}

/**
 * The number of fewest digits in an interval, near its middle, or near the end that it has within what can be reached.
 * @param {[number, number]} interval at least the first, below the second @param {[number, number]} reach
 */
function plainest([from, below], [least, most]) {
  const low = from === -Infinity ? Math.min(least, below - 1) : from;
  const high = below === Infinity ? Math.max(most, from + 1) : below;
  const middle = low / 2 + high / 2;
  for (let digits = 1; digits <= 17; digits++) {
    const rounded = Number(middle.toPrecision(digits));
    if (rounded >= from && rounded < below) return rounded;
  }
  return from === -Infinity ? middle : from;
}
