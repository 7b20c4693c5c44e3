// What a name stands for, and which bits make one number: bridge.aig.names, bridge.analysis.signals and .elements.

/**
 * The parts of a name, see bridge.aig.names.Name.
 * @typedef {{kind: string, of: string, index: number | null, bit: number | null}} SignalName
 */

/**
 * A bit or a number. bits: their places in facts.bits, the lowest first, none for what is always 0; low, high: what it
 * can be, both included; signed: in two's complement.
 * @typedef {{name: string, bits: number[], low: number, high: number, signed: boolean}} Signal
 */

const ALONE = ["byte", "node", "state", "logit", "score", "class", "argmax", "greedy", "probability"];
const DOTTED = ["state", "old", "logit", "score", "class", "probability", "margin"];
const UNSIGNED = ["byte", "node"];
const SIGNED = ["logit", "score", "class"];

/** logit.'a' as logit.97, class.'cat' as class.cat. @param {string} name */
const plainName = (name) =>
  name
    .replace(/^(class\.)'([^']+)'(.*)$/s, "$1$2$3")
    .replace(/^((?:logit|probability)\.)'(.)'(.*)$/su, (_, head, letter, rest) => head + letter.codePointAt(0) + rest);

/** @param {string} text @returns {SignalName} */
function parseName(text) {
  const indexed = /^(.*)\[(0|[1-9]\d*)\](?:\.(0|[1-9]\d*))?$/s.exec(plainName(text));
  const head = indexed ? indexed[1] : plainName(text);
  const index = indexed ? Number(indexed[2]) : null;
  const bit = indexed?.[3] ? Number(indexed[3]) : null;
  if (ALONE.includes(head)) return { kind: head, of: "", index, bit };
  const kind = DOTTED.find((each) => head.startsWith(`${each}.`) && head.length > each.length + 1);
  return kind ? { kind, of: head.slice(kind.length + 1), index, bit } : { kind: "value", of: head, index, bit };
}

/** @param {SignalName} name */
function nameText({ kind, of, index, bit }) {
  const head = kind === "value" ? of : of ? `${kind}.${of}` : kind;
  return `${head}${index === null ? "" : `[${index}]`}${bit === null ? "" : `.${bit}`}`;
}

/** Is it neither an input byte nor a number of the head? @param {string} name */
const isInside = (name) => ["value", "state"].includes(parseName(name).kind);

/** What the bit belongs to: `h` of `h[3].1`. @param {string} name */
const groupOf = (name) => nameText({ ...parseName(name), index: null, bit: null });

/** The places in facts.bits of what a name stands for; none when there is no such signal. @param {Live} live @param {string} asked */
function membersOf(live, asked) {
  const name = plainName(asked);
  const own = live.names.get(name);
  if (own !== undefined) return [own];
  const { kind, of, index } = parseName(name);
  const known = live.facts.bits;
  /** @param {(other: string) => boolean} fits */
  const those = (fits) => known.flatMap((other, place) => (fits(other) ? [place] : []));
  if (name.endsWith(".*")) {
    const start = name.slice(0, -2);
    return those((other) => other.startsWith(`${start}.`) || other.startsWith(`${start}[`));
  }
  if (kind !== "value" && !of && index === null) return those((other) => parseName(other).kind === kind);
  if (kind === "score" && !of) {
    return those((other) => {
      const parsed = parseName(other);
      return parsed.kind === kind && parsed.index === index;
    });
  }
  return those((other) => other.startsWith(index === null ? `${name}[` : `${name}.`));
}

/** @type {WeakMap<LiveFacts, Map<string, Signal[]>>} */
const knownSignals = new WeakMap();

/** The bits and numbers that a name stands for, in order; none when there is no such signal. @param {Live} live @param {string} name */
function signalsOf(live, name) {
  const known = knownSignals.get(live.facts) ?? new Map();
  knownSignals.set(live.facts, known);
  if (!known.has(name)) known.set(name, findSignalsOf(live, name));
  return /** @type {Signal[]} */ (known.get(name));
}

/** @param {Live} live @param {string} name @returns {Signal[]} */
function findSignalsOf(live, name) {
  const places = membersOf(live, name);
  const { bits } = live.facts;
  if (places.length === 1 && bits[places[0]] === plainName(name)) return [bitSignal(name, places[0])];
  /** @type {Map<string, {of: SignalName, bits: [number, number][]}>} */
  const groups = new Map();
  for (const place of places) {
    const parsed = parseName(bits[place]);
    const whole = UNSIGNED.includes(parsed.kind) || SIGNED.includes(parsed.kind);
    const of = whole ? { ...parsed, index: null } : { ...parsed, bit: null };
    const key = nameText(of);
    const group = groups.get(key) ?? { of, bits: [] };
    groups.set(key, group);
    group.bits.push([(whole ? parsed.index : parsed.bit) ?? 0, place]);
  }
  const found = [...groups.values()].map(({ of, bits: placed }) =>
    signalOf(
      live,
      of,
      placed.sort((one, other) => one[0] - other[0]).map(([, place]) => place),
    ),
  );
  return parseName(name).index === null ? withFixed(live, found) : found;
}

/** @param {string} name @param {number} place @returns {Signal} */
const bitSignal = (name, place) => ({ name, bits: [place], low: 0, high: 1, signed: false });

/** @param {Live} live @param {SignalName} of @param {number[]} places @returns {Signal} */
function signalOf(live, of, places) {
  const name = nameText(of);
  if (places.length === 1 && live.facts.bits[places[0]] === name) return bitSignal(name, places[0]);
  const signed = SIGNED.includes(of.kind);
  const told = of.index === null ? undefined : rangesOf(live, nameText({ ...of, index: null }))?.[of.index];
  const [low, high] = told ?? wholeRange(places.length, signed);
  return { name, bits: places, low, high, signed: signed || low < 0 };
}

/** @param {number} width @param {boolean} signed @returns {[number, number]} */
const wholeRange = (width, signed) => (signed ? [-(2 ** (width - 1)), 2 ** (width - 1) - 1] : [0, 2 ** width - 1]);

/** What the elements of a group can be, where it is told. @param {Live} live @param {string} group @returns {[number, number][] | undefined} */
function rangesOf({ facts: { ranges } }, group) {
  if (!Object.hasOwn(ranges, group)) return undefined;
  return ranges[group].flatMap(([count, low, high]) => Array(count).fill([low, high]));
}

/** With the elements of whole groups that are always 0, and have no bits. @param {Live} live @param {Signal[]} found */
function withFixed(live, found) {
  const groups = [...Map.groupBy(found, ({ name }) => groupOf(name))];
  return groups.flatMap(([group, some]) => {
    const ranges = rangesOf(live, group);
    if (!ranges) return some;
    const named = new Map(some.map((each) => [each.name, each]));
    return ranges.flatMap(([low, high], index) => {
      const name = `${group}[${index}]`;
      const own = named.get(name);
      if (own) return [own];
      return low || high ? [] : [{ name, bits: [], low, high, signed: false }];
    });
  });
}

/** Is it one bit, rather than a number? @param {Signal} signal */
const isBit = ({ bits, signed }) => bits.length === 1 && !signed;

/** What it is there. @param {Signal} signal @param {Uint32Array} packed bits of a moment */
function valueOf({ bits, signed }, packed) {
  const number = bits.reduce((sum, place, at) => sum + 2 ** at * bitAt(packed, place), 0);
  return signed && number >= 2 ** (bits.length - 1) ? number - 2 ** bits.length : number;
}
