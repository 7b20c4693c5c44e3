// What the number of a byte or of a class hangs on: every bit and every earlier byte, the largest effect first.

/** What is asked about now: a byte, or which class. @type {WeakMap<Live, number>} */
const askedAbout = new WeakMap();

const CAUSES = ["state bit", "neuron", "input", "earlier byte"];

/**
 * Something that can be changed, and by how much that changes what is asked. step: of an earlier byte; value: of a bit.
 * @typedef {{name: string, kind: string, block: string, effect: number, value?: number, step?: number, byte?: number,
 *   instead?: number}} Cause
 */

/** What may be asked about, the likeliest first, and what each costs. @param {Live} live @returns {{targets: number[], costs: ArrayLike<number>}} */
function targetsOf(live) {
  const { facts, moment } = live;
  if (!moment) return { targets: [], costs: [] };
  if (facts.readout) {
    const costs = lengthsAfter(live, moment);
    return { targets: byLikelihood(costs).slice(0, 12), costs };
  }
  const order = [...moment.numbers.keys()].sort((a, b) => moment.numbers[b] - moment.numbers[a] || a - b);
  return { targets: order, costs: moment.numbers };
}

/** The byte that follows, else the likeliest. @param {Live} live @param {Question} question */
function targetOf(live, question) {
  const follows = live.facts.readout ? live.view.text[live.view.place] : undefined;
  return question.target ?? follows ?? targetsOf(live).targets[0];
}

/**
 * All that has an effect, the largest first.
 * @param {Live} live @param {number} target @param {number | null} rather
 * @returns {Cause[]}
 */
function causesOf(live, target, rather) {
  const { facts, data, moment, view } = live;
  if (!moment) return [];
  const found = effectsOn(live, view.place, target);
  const other = rather === null ? null : effectsOn(live, view.place, rather);
  const taken = new Set();
  /** @type {Cause[]} */
  const causes = [];
  facts.bits.forEach((name, bit) => {
    const record = recordOf(data, name) ?? recordOf(data, name.replace(/\.\d+$/, ""));
    const handle = facts.handleOf[bit];
    const effect = found.bits[bit] - (other ? other.bits[bit] : 0);
    if (!effect || !record || record.kind === "output" || taken.has(handle)) return;
    taken.add(handle); // names that share a node are turned together
    const kind = record.kind === "number" ? "neuron" : record.kind;
    causes.push({ name, kind, block: record.block, effect, value: bitAt(moment.bits, bit) });
  });
  found.earlier.forEach(({ place, byte, instead, effect }, at) => {
    const change = effect - (other ? other.earlier[at].effect : 0);
    if (change) causes.push({ name: "", kind: "earlier byte", block: "", effect: change, step: place, byte, instead });
  });
  return causes.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

/**
 * Those that tell something: no bits of the byte that is read, and none of the very numbers that are compared.
 * @param {Live} live @param {Cause[]} causes
 */
function innerCauses({ data, facts }, causes) {
  if (facts.kind === "text") return causes.filter(({ kind }) => kind !== "input");
  const classes = (facts.scores?.labels ?? []).map((label) => recordOf(data, `class.${label}`));
  const compared = new Set(classes.map((own) => (own?.bias === undefined ? summedBy(data, own)?.block : undefined)));
  const inner = causes.filter(({ block }) => !compared.has(block));
  return inner.length ? inner : causes;
}
