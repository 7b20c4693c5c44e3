// An equation with the values of today filled in.

const LISTED = 24; // terms told by name; more are counted

/**
 * What a signal is and why: its value, and its equation with the values of all that it reads.
 * @param {Live} live @param {string} name
 * @returns {HTMLElement[]}
 */
function filledIn(live, name) {
  const place = live.data.places.get(name) ?? live.data.places.get(plainName(name));
  const record = place === undefined ? undefined : live.data.records[place];
  return [valueLine(live, name), ...(record ? equationFilled(live, record) : blockFilled(live, name))].filter(
    (part) => part !== null,
  );
}

/** @param {Live} live @param {string} name @returns {HTMLElement | null} */
function valueLine(live, name) {
  const row = watchedOf(live, name);
  const { moment, unchanged } = live;
  if (!row || !moment) return row && element("p", {}, "Nothing is read yet.");
  const [now, before] = [moment, unchanged].map((some) => (some ? followedText(row, row.of(some)) : ""));
  const words = row.kind === "block" ? [" are 1"] : [];
  const changed =
    now === before ? [] : [element("span", { className: "changed" }, ` (${before} without what is done)`)];
  return element(
    "p",
    { className: "now" },
    row.kind === "block" ? "" : "is ",
    element("strong", {}, now),
    words,
    changed,
    ` ${whenRead(live)}`,
  );
}

/** @param {Live} live */
function whenRead(live) {
  const { place, text } = live.view;
  if (live.facts.kind !== "text") return `in step ${place}`;
  return `while ‘${shownByte(text[place - 1])}’ is read, byte ${place - 1}`;
}

/** @param {Live} live @param {string} name @returns {HTMLElement[]} */
function blockFilled(live, name) {
  const row = watchedOf(live, name);
  const { moment, unchanged } = live;
  if (row?.kind !== "block" || !moment || !unchanged) return [];
  const changed = row.bits.filter((bit) => bitAt(moment.bits, bit) !== bitAt(unchanged.bits, bit)).length;
  return changed ? [element("p", { className: "changed" }, `${changed} of them differ by what is done.`)] : [];
}

/** @param {Live} live @param {SignalRecord} record @returns {HTMLElement[]} */
function equationFilled(live, record) {
  const parts = [];
  if (record.words) parts.push(element("p", { className: "equation" }, wordsFilled(live, record.words)));
  const sum = record.groups && sumAmong(live, record, live.moment?.bits);
  if (sum) parts.push(...sumFilled(sum, record.least));
  if (record.table) parts.push(rowFilled(live, record.table));
  return parts;
}

/** @param {Live} live @param {Reference[]} words */
const wordsFilled = (live, words) =>
  words.map((word) => (typeof word === "string" ? word : termFilled(termAmong(live, live.moment?.bits, word))));

/** @param {Term} term */
function termFilled({ name, inverted, value }) {
  const shown = value === undefined ? "?" : value.toLocaleString("en");
  const not = inverted ? element("em", {}, "not ") : null;
  return element("span", { className: `term${value ? " on" : ""}` }, not, name, element("b", {}, shown));
}

/** @param {Sum} of @param {number} [least] what it must reach @returns {HTMLElement[]} */
function sumFilled({ terms, total: sum, unknown, bias }, least) {
  const holding = terms.filter(({ value }) => value);
  const shown = terms.length <= LISTED ? terms : holding.slice(0, LISTED);
  const more = terms.length > LISTED ? holding.length - shown.length : 0;
  const list = shown.map((term) =>
    element("li", {}, term.weight === 1 ? "" : element("i", {}, signed(term.weight)), termFilled(term)),
  );
  if (more) list.push(element("li", {}, `and ${more} more that are not 0`));
  const counted = terms.every(({ weight, value }) => weight === 1 && (value ?? 0) <= 1) && !bias;
  const count = counted ? `${sum} of ${terms.length} hold` : `${holding.length} of ${terms.length} are not 0`;
  const total = counted
    ? ""
    : `${bias ? `; ${bias.toLocaleString("en")} and these make` : "; their sum is"} ${sum.toLocaleString("en")}`;
  const verdict = unknown
    ? `; ${unknown} are not known in this netlist`
    : least === undefined
      ? ""
      : `, ${reachedWords(sum, least)}`;
  return [
    element("p", { className: "sum" }, `${count}${total}${verdict}.`),
    element("ul", { className: "terms" }, list),
  ];
}

/** @param {number} sum @param {number} least */
function reachedWords(sum, least) {
  const by = Math.abs(sum - least).toLocaleString("en");
  const needed = `${least.toLocaleString("en")} needed`;
  if (sum === least) return `${needed}: it fires, just so`;
  return sum > least ? `${needed}: it fires, with ${by} to spare` : `${needed}: it does not fire, ${by} short`;
}

/** The row of a truth table. @param {Live} live @param {[number[], string]} table */
function rowFilled(live, [places, results]) {
  const read = places.map((place) => termAmong(live, live.moment?.bits, [place, 0]));
  const terms = read.map((term) => element("li", {}, termFilled(term)));
  const row = read.reduce((number, { value = 0 }, at) => number + (value << at), 0);
  const result = read.some(({ value }) => value === undefined) ? "?" : results[row];
  return element(
    "div",
    {},
    element("ul", { className: "terms" }, terms),
    element("p", { className: "sum" }, `By its truth table that makes ${result}.`),
  );
}
