// Building elements. Text only ever becomes text: names in a netlist may come from strangers.

/**
 * Attributes that are undefined, null or false are left out, and true is an empty one; children that are undefined or
 * null are left out, and lists are flattened.
 * @typedef {Record<string, string | number | boolean | null | undefined>} Attributes
 * @typedef {Node | string | null | undefined} Leaf
 * @typedef {Leaf | (Leaf | Leaf[])[]} Child
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    made.setAttribute(key === "className" ? "class" : key, value === true ? "" : String(value));
  }
  made.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return made;
}

/**
 * The same in SVG.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [properties]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
function drawn(tag, properties = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/**
 * Something that every page has.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind]
 * @returns {Kind}
 */
function byId(id, kind = /** @type {new () => any} */ (HTMLElement)) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Do something that nothing else depends on: should it fail, the page says so, and the rest goes on.
 * @param {() => void} task
 */
function guarded(task) {
  try {
    task();
  } catch (error) {
    reportError(error);
  }
}

/** Is the keyboard of what has the focus needed for typing? @param {EventTarget | null} target */
const isTyping = (target) => target instanceof Element && target.closest("input, select, textarea") !== null;

/** What is no character can be in no address. @param {string} name */
const addressOf = (name) => `#${encodeURIComponent(name.toWellFormed())}`;

/** @param {{name: string, alias?: string}} record @param {string} [label] */
function signalLink(record, label) {
  return element("a", { className: "signal", href: addressOf(record.name) }, label || shownName(record));
}

/** @param {{name: string, alias?: string}} record */
const shownName = (record) => (record.alias ? `${record.name} ‘${record.alias}’` : record.name);

/** A sentence: strings, and [place, inverted] for signals. @param {PageData} data @param {Reference[]} words */
function wordsOf(data, words) {
  return words.map((word) => (typeof word === "string" ? word : reference(data, word)));
}

/** @param {PageData} data @param {Reference} word */
function reference(data, word) {
  if (typeof word === "string") return element("span", { className: "words" }, element("code", {}, word));
  const link = signalLink(data.records[word[0]]);
  return word[1] ? element("span", { className: "words" }, element("em", {}, "not"), link) : link;
}

/** number: are they figures? unfounded: is their size by chance unknown? @typedef {{text: string, number?: boolean, unfounded?: boolean}} Column */

/** @param {(string | Column)[]} names @param {Child[][]} rows @param {Attributes} [properties] */
function table(names, rows, properties = {}) {
  const columns = names.map((name) => (typeof name === "string" ? { text: name } : name));
  const head = columns.map((name) =>
    element("th", { scope: "col", className: name.number && "number" }, name.text, name.unfounded ? unfounded() : null),
  );
  const cells = (/** @type {Child[]} */ row) =>
    row.map((cell, place) => {
      const tag = place === 0 ? "th" : "td";
      return element(tag, { scope: place === 0 && "row", className: columns[place].number && "number" }, cell);
    });
  return element(
    "table",
    properties,
    element("thead", {}, element("tr", {}, head)),
    element(
      "tbody",
      {},
      rows.map((row) => element("tr", {}, cells(row))),
    ),
  );
}

// Beside a figure whose size by chance is not known.
const unfounded = () =>
  element("abbr", { className: "mark", title: "No null: how large this would be by chance was not measured." }, "†");

/** @param {number} count @param {string} what */
const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
