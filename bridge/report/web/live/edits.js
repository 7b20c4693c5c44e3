// What is done to the model, in the words of --do: NAME=VALUE, NAME@AT=VALUE. Exactly what bridge.edit does.

/** Why something cannot be done, in one sentence. */
class Refusal extends Error {}

/**
 * What an edit does. value: that each bit takes, or what is done to all; from: the step of the other text to copy, null
 * for the same step as the one that is read.
 * @typedef {{bits: number[], value: number[] | "flip" | "other", from: number | null}} Done
 */

/** Do it, and say what refuses it; "" if nothing does. @param {() => void} run */
function refusalOf(run) {
  try {
    run();
    return "";
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

const HOW = "a value is 0, 1, a number, 'c', flip, or other, what it was in the other text";
const BRIEF = 80; // characters of what is quoted in a sentence
const MOST_EDITS = 64;
const MOST_DIGITS = 400;
const MOST_EQUALS = 16; // in a name
const POSITIONED = /^(.+)@(0|[1-9]\d{0,17})$/s;
const LAST_POSITION = 2 ** 32 - 2;
const NOT_SET = ["argmax", "greedy", "probability", "margin"];

/** NAME=VALUE. @param {Live} live @param {string} text @returns {Edit} Refusal for what cannot be done */
function parseEdit(live, text) {
  const equals = equalsIn(live, text);
  const [place, value] = [text.slice(0, Math.max(equals, 0)).trim(), text.slice(equals + 1).trim()];
  if (!place || !value) throw new Refusal(`${brief(text)}: write NAME=VALUE; ${HOW}.`);
  const edit = { ...positioned(live, place), value };
  doneBy(live, edit);
  return edit;
}

/** NAME or NAME@AT. @param {Live} live @param {string} place @returns {{name: string, at: number | null}} */
function positioned(live, place) {
  const found = live.names.has(place) ? null : POSITIONED.exec(place);
  return found ? { name: found[1], at: Number(found[2]) } : { name: place, at: null };
}

/**
 * Where the = is that ends the name: a quoted symbol or label may hold others, and so may names from elsewhere.
 * @param {Live} live @param {string} text
 */
function equalsIn(live, text) {
  const places = [...text.matchAll(/'.'|'[^']*'|=/gsu)];
  const all = [...text.matchAll(/=/g)].slice(0, MOST_EQUALS).map(({ index }) => index);
  const nameBefore = (/** @type {number} */ at) => positioned(live, text.slice(0, at).trim()).name;
  const known =
    all.find((at) => live.names.has(nameBefore(at))) ?? all.find((at) => signalsOf(live, nameBefore(at)).length);
  return known ?? places.find((found) => found[0] === "=" && found.index)?.index ?? text.indexOf("=", 1);
}

/** Its beginning. @param {string} text */
const brief = (text) => (text.length > BRIEF ? `${text.slice(0, BRIEF - 1)}…` : text);

/** The edit in words that parseEdit takes. @param {Edit} edit */
const editText = ({ name, value, at }) => `${name}${at === null ? "" : `@${at}`}=${value}`;

/**
 * What the edits do in a step, bit by bit, none of them being off.
 * @param {Live} live @param {Edit[]} edits @param {number} step
 * @returns {Change[]}
 */
function changesIn(live, edits, step) {
  return edits
    .filter(({ at }) => at === null || at === step)
    .flatMap((edit) => {
      const { bits, value, from } = knownDone(live, edit);
      if (value === "flip") return bits.map((bit) => /** @type {Change} */ ({ bit, value }));
      if (value !== "other") return bits.map((bit, at) => /** @type {Change} */ ({ bit, value: value[at] }));
      const there = live.other.moments[from ?? step];
      return there ? bits.map((bit) => /** @type {Change} */ ({ bit, value: bitAt(there.bits, bit) })) : [];
    });
}

/** What was found out once, for edits are not changed. @type {WeakMap<Edit, Done>} */
const doneOf = new WeakMap();

/** @param {Live} live @param {Edit} edit */
function knownDone(live, edit) {
  const known = doneOf.get(edit) ?? doneBy(live, edit);
  doneOf.set(edit, known);
  return known;
}

/** One bit of every node that an edit changes, and what each becomes. @param {Live} live @param {Edit} edit @returns {Done} */
function doneBy(live, edit) {
  const told = brief(editText(edit));
  const signals = placesOf(live, edit, told);
  if (edit.at !== null && edit.at > LAST_POSITION) {
    throw new Refusal(`${told}: a position must lie below ${(LAST_POSITION + 1).toLocaleString("en")}.`);
  }
  const { value, from } = understood(signals, edit.value, told);
  const bits = signals.flatMap((signal) => signal.bits);
  const kept = ofNodes(live, bits, value, told);
  return { bits: kept.map((at) => bits[at]), value: Array.isArray(value) ? kept.map((at) => value[at]) : value, from };
}

/** What can be set of a name. @param {Live} live @param {Edit} edit @param {string} told */
function placesOf(live, { name }, told) {
  const { kind } = parseName(name);
  if (/@node\.\d+$/.test(name)) {
    throw new Refusal(
      `${told}: this page changes a place for all code nodes at once; the command line can do it for one.`,
    );
  }
  const signals = signalsOf(live, name);
  if (signals.length) return signals;
  if (NOT_SET.includes(kind) || kind === "old") {
    throw new Refusal(`${told}: ${brief(name)} comes of other signals, and can be seen but not set.`);
  }
  if (membersOf(live, `${name}.*`).length) {
    throw new Refusal(`${told}: there is no signal ${brief(name)}; for all signals below it write ${brief(name)}.*`);
  }
  throw new Refusal(`${told}: there is no signal ${brief(name)} in this model.`);
}

/** @param {Signal[]} signals @param {string} value @param {string} told @returns {{value: Done["value"], from: number | null}} */
function understood(signals, value, told) {
  const other = /^other(?:@(0|[1-9]\d{0,9}))?$/.exec(value);
  if (other) return { value: "other", from: other[1] === undefined ? null : Number(other[1]) };
  if (value === "flip") {
    const number = signals.find((signal) => !isBit(signal) && !UNSIGNED.includes(parseName(signal.name).kind));
    if (!number) return { value, from: null };
    const span = `${number.low}..${number.high}`;
    throw new Refusal(`${told}: ${number.name} is a number of ${span}, not a bit: give it another one, or flip a bit.`);
  }
  const numbers = numbersIn(value);
  if (!numbers) throw new Refusal(`${told}: ${HOW}.`);
  const each = numbers.length === 1 ? spread(signals, numbers[0], told) : numbers;
  if (each.length !== signals.length) {
    throw new Refusal(`${told}: needs ${plural(signals.length, "number")}, one for each element, not ${each.length}.`);
  }
  return { value: signals.flatMap((signal, at) => spelled(signal, each[at], told)), from: null };
}

/** @param {string} value @returns {bigint[] | null} */
function numbersIn(value) {
  if (/^'.'$/su.test(value)) return [BigInt(value.codePointAt(1) ?? 0)];
  const numbers = value.split(",");
  if (!numbers.every((number) => number.length <= MOST_DIGITS && /^[+-]?\d+$/.test(number))) return null;
  return numbers.map((number) => BigInt(number.replace("+", "")));
}

/** One number for a whole group, see bridge.analysis.edits.values. @param {Signal[]} signals @param {bigint} value @param {string} told */
function spread(signals, value, told) {
  if (signals.length === 1) return [value];
  if (value === 0n) return signals.map(() => 0n);
  const groups = new Set(signals.map(({ name }) => groupOf(name)));
  if (groups.size > 1 || !signals.every(isBit)) {
    const many = groups.size > 1 ? plural(groups.size, "group") : plural(signals.length, "element");
    throw new Refusal(`${told}: there are ${many}, which one number can only set to 0; give as many, with commas.`);
  }
  if (value < 0n || value >> BigInt(signals.length)) {
    throw new Refusal(`${told}: ${signals.length} bits are a number of 0..2^${signals.length}-1.`);
  }
  return signals.map((_, place) => (value >> BigInt(place)) & 1n);
}

/** @param {Signal} signal @param {bigint} number @param {string} told */
function spelled({ name, bits, low, high }, number, told) {
  if (number < low || number > high) throw new Refusal(`${told}: ${name} is of ${low}..${high}.`);
  return bits.map((_, place) => Number((number >> BigInt(place)) & 1n));
}

/**
 * Which of the bits to change: one of every node, and no constant.
 * @param {Live} live @param {number[]} bits @param {Done["value"]} value @param {string} told
 */
function ofNodes(live, bits, value, told) {
  const { handleOf, literals, bits: names } = live.facts;
  /** @type {Map<number, number>} */
  const taken = new Map();
  /** What the node becomes, rather than the name. @param {number} at */
  const becomes = (at) => (Array.isArray(value) ? value[at] ^ (literals[bits[at]] & 1) : value);
  return [...bits.keys()].filter((at) => {
    const [bit, handle] = [bits[at], handleOf[bits[at]]];
    if (handle < 0) {
      if (value === "other" || becomes(at) === 0) return false;
      throw new Refusal(`${told}: ${names[bit]} is constant ${literals[bit] & 1} in this netlist: nothing changes it.`);
    }
    const before = taken.get(handle);
    if (before === undefined) return taken.set(handle, at);
    if (becomes(before) === becomes(at)) return false;
    const pair = `${names[bits[before]]} and ${names[bit]}`;
    throw new Refusal(`${told}: ${pair} are one node of this netlist; change one of them.`);
  });
}

/** Refusal where a bit would be changed twice in one step, or too much is done. @param {Live} live @param {Edit[]} edits */
function checkEdits(live, edits) {
  if (edits.length > MOST_EDITS) throw new Refusal(`More than ${MOST_EDITS} changes at once are not kept here.`);
  /** By node and step, null for all of them. @type {Map<number, Map<number | null, {edit: Edit, bit: number}>>} */
  const taken = new Map();
  for (const edit of edits.filter(({ off }) => !off)) {
    for (const bit of knownDone(live, edit).bits) {
      const handle = live.facts.handleOf[bit];
      const others = taken.get(handle) ?? new Map();
      const met = edit.at === null ? others.values().next().value : (others.get(null) ?? others.get(edit.at));
      if (met) throw new Refusal(twice(live, met, { edit, bit }));
      taken.set(handle, others.set(edit.at, { edit, bit }));
    }
  }
}

/** @param {Live} live @param {{edit: Edit, bit: number}} one @param {{edit: Edit, bit: number}} other */
function twice({ facts }, one, other) {
  const [first, second] = [facts.bits[one.bit], facts.bits[other.bit]];
  const same = first === second ? first : `${first}, one node of this netlist with ${second},`;
  return `${same} is changed twice, by ${brief(editText(one.edit))} and by ${brief(editText(other.edit))}: leave one of them out.`;
}
