// Which bits are shown where: a picture for each block, with what is kept of it beneath, a row for each step ago.

/**
 * The bits of a block. state: are they what is kept? rows: its signals, those of each step ago in a row of their own.
 * ago: how many steps ago the first row was; 0 now, null where that is not known.
 * @typedef {{group: string, state: boolean, rows: Signal[][], ago: number | null}} Band
 */

/** Bands of the same width, one beneath the other. @typedef {Band[]} Picture */

const HEAD = ["logit", "score", "class", "argmax", "greedy"];

/** @param {Live} live @returns {Picture[]} */
function picturesOf(live) {
  const bands = bandsOf(live);
  const now = new Map(bands.filter(({ state }) => !state).map((band) => [band.group, [band]]));
  const alone = [];
  for (const band of bands.filter(({ state }) => state)) {
    const kept = keptOf(live, band);
    const source = kept && now.get(kept.source);
    if (kept && source?.[0].rows[0].length === kept.band.rows[0].length) source.push(kept.band);
    else alone.push([kept?.band ?? band]);
  }
  return [...now.values(), ...alone];
}

/** All groups of bits but inputs that have a place of their own, and what the head gives. @param {Live} live @returns {Band[]} */
function bandsOf(live) {
  const { facts, data } = live;
  const [first, end] = [facts.inputs, facts.inputs + facts.resets.length];
  const inputs = facts.kind === "text" ? [] : facts.bits.slice(0, first);
  const elsewhere = new Set([...inputs, ...facts.elements.slice(1).map(({ name }) => name)].map(groupOf));
  const groups = new Map(facts.bits.map((name, bit) => [groupOf(name), bit >= first && bit < end]));
  return [...groups].flatMap(([group, state]) => {
    const output = recordOf(data, group)?.kind === "output";
    if (output || elsewhere.has(group) || HEAD.includes(parseName(group).kind)) return [];
    const signals = signalsOf(live, group).filter(({ bits }) => bits.length);
    return signals.length ? [{ group, state, rows: [signals], ago: state ? null : 0 }] : [];
  });
}

/**
 * What a band of state keeps: every signal is what one of a single block was one step ago, or more.
 * @param {Live} live @param {Band} band @returns {{source: string, band: Band} | null}
 */
function keptOf(live, band) {
  const signals = band.rows[0];
  const known = new Map();
  const sources = signals.map((signal) => sourceOf(live, signal.bits[0], band.group, known));
  const width = new Set(sources).size;
  const whole = sources.every((source, at) => source !== undefined && source === sources[at % width]);
  if (!whole || signals.length % width) return null;
  const groups = new Set(sources.map((bit) => groupOf(live.facts.bits[bit ?? 0])));
  if (groups.size > 1) return null;
  const rows = Array.from({ length: signals.length / width }, (_, row) =>
    signals.slice(row * width, (row + 1) * width),
  );
  return { source: [...groups][0], band: { ...band, rows, ago: 1 } };
}

/**
 * The bit of another group that a state bit was, some steps ago; none for bits that go round.
 * @param {Live} live @param {number} bit @param {string} group
 * @param {Map<number, number | undefined>} known what was found of the group before, so that no way is gone twice
 */
function sourceOf(live, bit, group, known) {
  const { facts } = live;
  const named = bitsByLiteral(live);
  const way = [];
  let found = /** @type {number | undefined} */ (bit);
  while (found !== undefined && !known.has(found) && groupOf(facts.bits[found]) === group) {
    known.set(found, undefined);
    way.push(found);
    found = named.get(facts.next[found - facts.inputs]);
  }
  const source = found !== undefined && known.has(found) ? known.get(found) : found;
  for (const each of way) known.set(each, source);
  return source;
}

/** @type {WeakMap<LiveFacts, Map<number, number>>} */
const byLiteral = new WeakMap();

/** Bits by what is read of them; of several the first that is no state bit. @param {Live} live */
function bitsByLiteral({ facts }) {
  const known = byLiteral.get(facts);
  if (known) return known;
  const latches = [facts.inputs, facts.inputs + facts.resets.length];
  const isState = (/** @type {number} */ bit) => bit >= latches[0] && bit < latches[1];
  const found = new Map();
  facts.literals.forEach((literal, bit) => {
    const before = found.get(literal);
    if (literal > 1 && (before === undefined || (isState(before) && !isState(bit)))) found.set(literal, bit);
  });
  byLiteral.set(facts, found);
  return found;
}
