// The answer in a few sentences, for those who see such a model for the first time.

/** @param {Live} live @param {number} target */
const shownTarget = (live, target) =>
  live.facts.readout ? `‘${shownByte(target)}’` : (live.facts.scores?.labels[target] ?? String(target));

/** The bits to which something is done in this step. @param {Live} live */
const doneBits = (live) => new Set(changesIn(live, live.done, live.view.place - 1).map(({ bit }) => bit));

/** Why a signal is what it is: its equation, and what that comes to now. @param {Live} live @param {SignalRecord} record @param {Cause} cause */
function because(live, record, { name, value }) {
  const { data, moment } = live;
  if (doneBits(live).has(live.names.get(name) ?? -1)) return [` It is ${value}, which was done to it.`];
  if (!record.words || !moment) return [` It is ${value}.`];
  const words = [...record.words];
  const last = words.at(-1);
  if (typeof last === "string") words[words.length - 1] = last.replace(/:\s*$/, "");
  const sum = sumAmong(live, record, moment.bits);
  const plain = sum?.terms.every(({ weight }) => weight === 1);
  const now = sum && !sum.unknown ? (plain ? `, and ${sum.total} do` : `; now they reach ${sum.total}`) : "";
  return [" It is ", element("strong", {}, String(value)), ": it ", ...wordsOf(data, words), `${now}.`];
}

/** @param {Live} live @param {Question} question @param {number} target @param {ArrayLike<number>} costs @returns {Leaf[]} */
function answerOf(live, question, target, costs) {
  const { facts, data } = live;
  const name = shownTarget(live, target);
  const rather = question.rather === null ? "" : ` against ${shownTarget(live, question.rather)}`;
  const follows = facts.readout && live.view.text[live.view.place] === target;
  const cost = facts.readout
    ? `${name}${follows ? ", which follows here," : ""} costs ${shownBits(costs[target])} bits (${shownChance(costs[target])}).`
    : `${name} has the number ${shownWhole(costs[target])}.`;
  const inner = innerCauses(live, question.causes);
  const top = inner.find(({ kind }) => kind !== "earlier byte");
  const parts = [element("strong", {}, cost), ...insteadWords(live)];
  if (!top) return [...parts, ` Turning no single bit would change that${rather}.`];
  const change = facts.readout ? (top.effect > 0 ? "dearer" : "cheaper") : top.effect > 0 ? "more" : "less";
  const record = recordOf(data, top.name);
  const unit = facts.readout
    ? `${shownBits(Math.abs(top.effect))} bits ${change}`
    : `${shownBits(Math.abs(top.effect))} ${change}`;
  return [
    ...parts,
    " Turning ",
    element("a", { className: "signal", href: addressOf(top.name) }, top.name),
    ` alone would make it ${unit}${rather}.`,
    ...(record && top.value !== undefined ? because(live, record, top) : []),
    ...earlierWords(live, question),
    ...switchWords(live, inner),
  ];
}

/** What came first without what is done, and how the numbers of both have changed. @param {Live} live @returns {string[]} */
function insteadWords(live) {
  const { facts, moment, unchanged } = live;
  if (!live.done.length || !moment || !unchanged) return [];
  const [now, was] = [moment, unchanged].map(({ numbers }) => likeliestAmong(facts, numbers));
  if (now === was) return [];
  const name = (/** @type {number} */ target) => shownTarget(live, target);
  if (facts.readout?.code) {
    const [before, after] = [unchanged, moment].map((each) => shownChance(lengthsAfter(live, each)[was]));
    return [` Without what is done ${name(was)} came first, with ${before}; it has ${after} now.`];
  }
  const at = (/** @type {number} */ target) => facts.readout?.symbols.indexOf(target) ?? target;
  const change = (/** @type {number} */ target) =>
    `${shownWhole(unchanged.numbers[at(target)])} → ${shownWhole(moment.numbers[at(target)])}`;
  return [
    ` Without what is done ${name(was)} came first. Their sums: ${name(was)} ${change(was)}, ${name(now)} ${change(now)}.`,
  ];
}

/** @param {Live} live @param {Question} question @returns {string[]} */
function earlierWords(live, question) {
  const top = question.causes.find(({ kind }) => kind === "earlier byte");
  if (!top || top.step === undefined || top.byte === undefined || top.instead === undefined) return [];
  const ago = live.view.place - top.step;
  const where = ago === 1 ? "just before" : `${ago} back`;
  const change = `${shownBits(Math.abs(top.effect))} bits ${top.effect > 0 ? "dearer" : "cheaper"}`;
  return [
    ` Of the bytes read, the ‘${shownByte(top.byte)}’ ${where} matters most: ‘${shownByte(top.instead)}’ there would make it ${change}.`,
  ];
}

/**
 * The one thing to turn that makes the model say something else, and a button that does it.
 * @param {Live} live @param {Cause[]} causes
 * @returns {Leaf[]}
 */
function switchWords(live, causes) {
  const { facts, view } = live;
  const now = targetsOf(live).targets[0];
  const done = doneBits(live);
  const known = causes.flatMap(({ name }) => live.names.get(name) ?? []);
  const bits = known.filter((bit) => !done.has(bit)).slice(0, WHY.tried);
  const sets = bits.map((bit) => [{ bit, value: FLIP }]);
  const said = saidIf(live, view.place, sets);
  const first = said.findIndex((next) => next !== now);
  const [found, next] = [facts.bits[bits[first]], said[first]];
  if (found === undefined)
    return bits.length
      ? [` No single bit, turned alone, would put anything else before ${shownTarget(live, now)}.`]
      : [];
  const at = facts.kind === "text" || view.steps.length > 1 ? view.place - 1 : null;
  const edit = { name: found, value: "flip", at };
  const button = buttonTo("turn it", () => guarded(() => doEdit(live, edit)));
  const count = said.filter((each) => each !== now).length;
  const says = ` ${plural(count, "bit")} would, turned alone, put something else first instead of ${shownTarget(live, now)}: with `;
  const what = ` it is ${shownTarget(live, next)}. `;
  return [says, element("a", { className: "signal", href: addressOf(found) }, found), what, button];
}
