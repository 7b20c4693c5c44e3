// Netlists that are no networks: their inputs as switches, their outputs as lamps, and words of bits as numbers.

const OPEN_AT_FIRST = 96; // bits that are shown without being asked for

/**
 * Bits that are one number, or stand together: `a[0]`, `a[1]`, .. or `i0`, `i1`, ..; members: the lowest first.
 * @typedef {{name: string, members: {name: string, place: number}[], number: boolean}} Word
 */

/** Names as words, in the order in which they come. @param {string[]} names @returns {Word[]} */
function wordsOfBits(names) {
  const groups = Map.groupBy(names.keys(), (place) => /^(.+)\[\d+\]$/s.exec(names[place])?.[1] ?? "");
  return [...groups].map(([name, places]) => {
    const members = places.map((place) => ({ name: names[place], place }));
    const index = (/** @type {{name: string}} */ { name: bit }) => Number(/\[(\d+)\]$/.exec(bit)?.[1] ?? NaN);
    if (name) members.sort((a, b) => index(a) - index(b));
    const number = name !== "" && places.length <= 53 && members.every((each, at) => index(each) === at);
    return { name, members, number };
  });
}

/** @param {Word} word @param {(place: number) => number} bitOf */
const wordNumber = ({ members }, bitOf) => members.reduce((sum, { place }, at) => sum + bitOf(place) * 2 ** at, 0);

/** What stands before the bits of a word; a number is shown with its highest bit first. @param {Word} word */
const shownOrder = ({ members, number }) => (number ? members.toReversed() : members);

/** @param {Word} word @param {string} bit */
const shortName = ({ number }, bit) => (number ? (/\[(\d+)\]$/.exec(bit)?.[1] ?? bit) : bit);

/** The words one below the other; if they are many, each is made when it is opened. @param {string} what @param {Word[]} words @param {(word: Word) => HTMLElement} made */
function wordList(what, words, made) {
  const bits = words.reduce((sum, { members }) => sum + members.length, 0);
  if (bits <= OPEN_AT_FIRST) return element("div", { className: "bit-words" }, words.map(made));
  const closed = words.map((word) => {
    const title = `${word.name || `${what}s without a place in a word`}: ${plural(word.members.length, "bit")}`;
    const details = element("details", {}, element("summary", {}, title));
    details.addEventListener("toggle", () => void (details.children.length > 1 || details.append(made(word))));
    return details;
  });
  return element("div", { className: "bit-words" }, closed);
}

/** The panel of inputs. @param {Live} live */
function showSwitches(live) {
  const { facts } = live;
  const place = document.getElementById("live-inputs");
  if (!place || facts.kind !== "bits") return;
  if (!live.view.steps.length) live.change({ steps: [nothingGiven(facts)], place: 1 });
  place.append(element("h3", {}, "What it is given"));
  const outputs = outputWords(live);
  if (remembers(live)) place.append(stepsOfRows(live, (moment) => outputsTold(outputs, moment)));
  const words = wordsOfBits(facts.elements.map(({ name }) => name));
  if (!words.length) place.append(element("p", { className: "count" }, "It has no inputs."));
  place.append(wordList("input", words, (word) => switchWord(live, word)));
}

/** @param {Live} live @param {Word} word */
function switchWord(live, word) {
  const switches = shownOrder(word).map(({ name, place }) => new Switch(live, name, place, shortName(word, name)));
  const bits = element(
    "div",
    { className: "word-bits" },
    switches.map((each) => each.place),
  );
  const number =
    word.number && word.members.length > 1
      ? element("input", {
          type: "number",
          min: "0",
          step: "1",
          className: "switch-number",
          "aria-label": `${word.name} as a number`,
        })
      : null;
  number?.addEventListener("change", () => {
    const wanted = number.valueAsNumber;
    if (!(wanted >= 0 && wanted < 2 ** word.members.length))
      return void (number.value = String(wordNumber(word, (at) => givenNow(live)[at])));
    const elements = givenNow(live).slice();
    word.members.forEach(({ place }, at) => (elements[place] = Math.floor(wanted / 2 ** at) % 2));
    give(live, elements, true);
  });
  live.watch(() => {
    for (const each of switches) each.show(live);
    if (number) number.value = String(wordNumber(word, (at) => givenNow(live)[at]));
    roam(bits, "button");
  });
  return element("div", { className: "bit-word" }, wordName(word), bits, number);
}

/** @param {Word} word */
const wordName = ({ name, number }) =>
  name && number
    ? element("span", { className: "word-name", "data-signal": name, tabindex: "0" }, name)
    : name
      ? element("span", { className: "word-name" }, name)
      : null;

class Switch {
  /** @param {Live} live @param {string} name @param {number} input @param {string} short */
  constructor(live, name, input, short) {
    this.name = name;
    this.input = input;
    this.bit = live.names.get(name);
    const turn = () => {
      const elements = givenNow(live).slice();
      elements[input] = 1 - elements[input];
      give(live, elements, true);
    };
    this.button = buttonTo("", turn, { role: "switch", "aria-label": name });
    this.place = element(
      "span",
      { className: "switch" },
      this.button,
      element("span", { "data-signal": name, title: name }, short),
    );
  }

  /** The switch shows what is given; a ring, that what is done makes the logic read the other value. @param {Live} live */
  show(live) {
    const given = givenNow(live)[this.input];
    const read = this.bit === undefined || !live.moment ? given : bitAt(live.moment.bits, this.bit);
    if (this.button.textContent !== String(given)) this.button.textContent = String(given);
    this.button.setAttribute("aria-checked", String(given === 1));
    this.button.classList.toggle("changed", read !== given);
    this.button.classList.toggle(
      "done",
      live.done.some(({ name }) => touches(name, this.name)),
    );
  }
}

/** Members of these words have their bit in `facts.bits` as their place. @param {Live} live */
function outputWords({ data, names }) {
  const outputs = data.records.filter(({ kind, name }) => kind === "output" && names.has(name)).map(({ name }) => name);
  const words = wordsOfBits(outputs);
  return words.map((word) => ({
    ...word,
    members: word.members.map(({ name }) => ({ name, place: Number(names.get(name)) })),
  }));
}

/** The first words of a step, as many as there is room for. @param {Word[]} words @param {Moment} moment */
function outputsTold(words, moment) {
  const bitOf = (/** @type {number} */ place) => bitAt(moment.bits, place);
  const told = words.slice(0, 3).map((word) =>
    word.number
      ? String(wordNumber(word, bitOf))
      : word.members
          .slice(0, 6)
          .map(({ place }) => bitOf(place))
          .join(""),
  );
  return told.join(" ");
}

/** The panel of outputs. @param {Live} live */
function showLamps(live) {
  const place = document.getElementById("live-next");
  if (!place || live.facts.kind !== "bits") return;
  const words = outputWords(live);
  place.append(element("h3", {}, "What it says"));
  if (!words.length) place.append(element("p", { className: "count" }, "It has no outputs."));
  place.append(wordList("output", words, (word) => lampWord(live, word)));
}

/** @param {Live} live @param {Word} word */
function lampWord(live, word) {
  const lamps = shownOrder(word).map(({ name }) => new Lamp(live, name, shortName(word, name)));
  const bits = element(
    "div",
    { className: "word-bits" },
    lamps.map((each) => each.place),
  );
  const number = word.number && word.members.length > 1 ? element("output") : null;
  live.watch(() => {
    for (const each of lamps) each.show(live);
    const { moment } = live;
    if (number && moment) number.textContent = wordNumber(word, (at) => bitAt(moment.bits, at)).toLocaleString("en");
    roam(bits, "[data-signal]");
  });
  return element("div", { className: "bit-word" }, wordName(word), bits, number);
}

class Lamp {
  /** @param {Live} live @param {string} name @param {string} short */
  constructor(live, name, short) {
    this.name = name;
    this.bit = Number(live.names.get(name));
    this.value = element("b");
    this.place = element("span", { className: "lamp", "data-signal": name, title: name }, this.value, short);
  }

  /** @param {Live} live */
  show(live) {
    const { moment, unchanged } = live;
    if (!moment) return;
    const value = bitAt(moment.bits, this.bit);
    if (this.value.textContent !== String(value)) this.value.textContent = String(value);
    this.place.classList.toggle("on", value === 1);
    this.place.classList.toggle("changed", Boolean(unchanged) && bitAt(unchanged.bits, this.bit) !== value);
    this.place.classList.toggle(
      "done",
      live.done.some(({ name }) => touches(name, this.name)),
    );
  }
}

panels.push(showSwitches, showLamps);
