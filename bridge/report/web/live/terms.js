// The sums behind the numbers of the head, term by term, with what every term is now.

/**
 * What a name is worth among these bits: 0 or 1, or an integer; undefined where it has no bits.
 * @param {Live} live @param {Uint32Array} bits as read @param {string} name
 * @returns {number | undefined}
 */
function valueAmong(live, bits, name) {
  const [signal, ...others] = signalsOf(live, name);
  if (signal && !others.length) return valueOf(signal, bits);
  const { index } = parseName(name);
  const [low, high] = (index === null ? undefined : rangesOf(live, groupOf(name))?.[index]) ?? [0, 1];
  return low || high ? undefined : 0; // what is always 0 has no bits
}

/**
 * value: with its complement taken; undefined where it has no bits. unknown: how many such terms a sum has.
 * @typedef {{name: string, inverted: boolean, value: number | undefined}} Term
 * @typedef {{bias: number, terms: (Term & {weight: number})[], total: number, unknown: number}} Sum
 */

/** What a reference is. @param {Live} live @param {Uint32Array | undefined} bits @param {Reference} reference @returns {Term} */
function termAmong(live, bits, reference) {
  if (typeof reference === "string") return { name: reference, inverted: false, value: undefined };
  const { name } = live.data.records[reference[0]];
  const value = bits && valueAmong(live, bits, name);
  const inverted = reference[1] === 1;
  return { name, inverted, value: inverted && value !== undefined ? 1 - value : value };
}

/**
 * A sum of weighted signals as it stands; null for a signal that is none.
 * @param {Live} live @param {SignalRecord | undefined} record @param {Uint32Array | undefined} bits
 * @returns {Sum | null}
 */
function sumAmong(live, record, bits) {
  if (!record || (!record.groups && record.bias === undefined)) return null;
  const { groups = [], bias = 0 } = record;
  const terms = groups.flatMap(([weight, references]) =>
    references.map((reference) => ({ weight, ...termAmong(live, bits, reference) })),
  );
  const total = terms.reduce((sum, { weight, value = 0 }) => sum + weight * value, bias);
  return { bias, terms, total, unknown: terms.filter(({ value }) => value === undefined).length };
}

/** A signal as a place to touch, with what it is now; was: what it is without what is done. @param {Term} term @param {number} [was] */
function termChip({ name, inverted, value = 0 }, was) {
  const same = was === undefined || was === (inverted ? 1 - value : value);
  const link = element("a", { className: "signal", href: addressOf(name), tabindex: -1 }, name);
  const more = value === 1 ? [] : [element("span", { className: "count" }, ` ${value}`)];
  const properties = { "data-signal": name, className: same ? null : "changed" };
  return element("li", properties, inverted ? [element("em", {}, "not"), link] : [link], more);
}

/** What terms of one weight add. @param {number} weight @param {Term[]} adding @param {(name: string) => number | undefined} was */
function addingShown(weight, adding, was) {
  const worth = adding.reduce((all, { value = 0 }) => all + weight * value, 0);
  const many = adding.length > 1 || adding[0].value !== 1;
  const each = many ? element("span", { className: "count" }, `${adding.length} × ${signed(weight)}`) : null;
  const chips = adding.map((term) => termChip(term, was(term.name)));
  return [
    element("dt", { className: worth > 0 ? "for" : "against" }, signed(worth), each),
    element("dd", {}, element("ul", { className: "refs" }, chips)),
  ];
}

/**
 * The sum, the terms that add something by weight; given: what the machine gave; was: what a name is without what is done.
 * @param {Sum} sum @param {number} given @param {(name: string) => number | undefined} [was]
 */
function sumShown(sum, given, was = () => undefined) {
  const adds = sum.terms.filter(({ value }) => value !== 0);
  const rows = [...Map.groupBy(adds, ({ weight }) => weight)].flatMap(([weight, some]) =>
    addingShown(weight, some, was),
  );
  const silent = sum.terms.length - adds.length;
  return [
    element(
      "dl",
      { className: "weights sum" },
      element("dt", {}, signed(sum.bias)),
      element("dd", {}, element("span", { className: "count" }, "to begin with")),
      rows,
      element("dt", { className: "total" }, signed(sum.total)),
      element("dd", {}, element("span", { className: "count" }, `in all; ${plural(silent, "other")} add nothing now`)),
    ),
    sum.total === given
      ? null
      : element(
          "p",
          { className: "warning" },
          `The logic gives ${given}: this netlist does not do what the cell says, or something is held on the way.`,
        ),
  ];
}

/** The symbols below a child of a code node, by rank. @param {[number, number][]} code @param {number} child @returns {number[]} */
const ranksBelow = (code, child) => (child < 0 ? [~child] : code[child].flatMap((next) => ranksBelow(code, next)));

/**
 * The state of a step once more, a code node in each run. @param {Live} live @param {number[]} nodes @returns {Uint32Array[]}
 */
function bitsAtNodes(live, nodes) {
  const { machine, moment, view } = live;
  if (!moment) return [];
  machine.load(moment.state);
  holdAll(live.now, view.place - 1);
  const byte = live.now.steps[view.place - 1][0];
  nodes.forEach((node, lane) => machine.give([byte, node], lane));
  machine.compute();
  const found = nodes.map((_, lane) => machine.bits(lane));
  machine.release();
  return found;
}

/**
 * A symbol as its code has it: a decision after the other; their costs are what the byte costs.
 * @param {Live} live @param {Readout} readout @param {[number, number][]} code @param {number} byte
 */
function pathShown(live, readout, code, byte) {
  const { moment } = live;
  if (!moment) return [];
  const path = pathTo(readout, byte);
  const among = (/** @type {number} */ child) => {
    const ranks = ranksBelow(code, child);
    const some = ranks
      .sort((a, b) => a - b)
      .slice(0, 8)
      .map((rank) => shownByte(readout.symbols[rank]));
    return `${some.join(" ")}${ranks.length > 8 ? ` … (${ranks.length})` : ""}`;
  };
  const rows = path.map(([node, bit]) => {
    const score = moment.numbers[node];
    const cost = bitLength(score, bit, readout.scale);
    const name = live.facts.serial ? `node ${node}` : `score.${node}`;
    return [
      element("span", { "data-signal": live.facts.serial ? null : name }, name),
      among(code[node][bit]),
      among(code[node][1 - bit]),
      signed(score),
      shownChance(cost),
      cost.toFixed(2),
    ];
  });
  const number = (/** @type {string} */ text) => ({ text, number: true });
  const columns = ["asked", "rather one of", "than of", number("score"), number("chance"), number("bits")];
  const nodes = live.facts.serial ? path.map(([node]) => node) : [];
  const sums = path.map(([node], at) => pathSum(live, node, () => bitsAtNodes(live, nodes)[at]));
  return [element("div", { className: "scroll" }, table(columns, rows)), ...sums];
}

/** The sum behind a score, once it is opened. @param {Live} live @param {number} node @param {() => Uint32Array | undefined} bitsThere */
function pathSum(live, node, bitsThere) {
  const { moment, data, facts } = live;
  const record = recordOf(data, facts.serial ? "score" : `score.${node}`);
  if (record?.bias === undefined || !moment) return null;
  const body = element("div");
  const details = element(
    "details",
    {},
    element("summary", {}, `The sum of ${facts.serial ? `node ${node}` : record.name}`),
    body,
  );
  details.addEventListener("toggle", () => {
    const sum = details.open && !body.firstChild && sumAmong(live, record, bitsThere() ?? moment.bits);
    if (sum && !sum.unknown) body.append(...sumShown(sum, moment.numbers[node]).filter((part) => part !== null));
  });
  return details;
}

/**
 * What is behind the number of a byte, or of a class; null where that is no sum.
 * @param {Live} live @param {number} target the byte, or which class
 * @returns {{title: string, parts: Leaf[]} | null}
 */
function termsOf(live, target) {
  const { facts, moment, unchanged, data } = live;
  if (!moment) return null;
  const { readout, scores } = facts;
  if (readout?.code) {
    const parts = readout.symbols.includes(target) ? pathShown(live, readout, readout.code, target) : [];
    return parts.length ? { title: "One decision after the other", parts } : null;
  }
  const name = readout ? `logit.${target}` : `class.${scores?.labels[target]}`;
  const at = readout ? readout.symbols.indexOf(target) : target;
  const given = moment.numbers[at];
  const before = unchanged?.numbers[at] ?? given;
  const own = recordOf(data, name);
  const record = own?.bias === undefined ? summedBy(data, own) : own;
  const sum = sumAmong(live, record, moment.bits);
  if (!sum || sum.unknown) return null;
  const scale = (readout ?? scores)?.scale ?? 1;
  const worth = element(
    "p",
    { className: "count" },
    `${name} is ${given}, ${given} × ${scale.toPrecision(4)} = ${(given * scale).toFixed(3)}${readout ? " nats" : ""}.` +
      (before === given ? "" : ` Without what is done it was ${before}; what has changed since is marked.`),
  );
  const was = (/** @type {string} */ term) => unchanged && valueAmong(live, unchanged.bits, term);
  const title = `The sum behind it: ${signed(given)}`;
  return { title, parts: [worth, ...sumShown(sum, given, was)] };
}

/** A class is the element of a block: that one's record. @param {PageData} data @param {SignalRecord | undefined} record */
function summedBy(data, record) {
  const word = record?.words?.find((part) => typeof part !== "string");
  return word && typeof word !== "string" ? data.records[word[0]] : undefined;
}
