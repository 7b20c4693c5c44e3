// Building elements. Text only ever becomes text: names in a netlist may come from strangers.

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    made.setAttribute(key === "className" ? "class" : key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

function drawn(tag, properties = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const addressOf = (name) => `#${encodeURIComponent(name)}`;

function signalLink(record, label) {
  return element("a", { className: "signal", href: addressOf(record.name) }, label || shownName(record));
}

const shownName = (record) => (record.alias ? `${record.name} ‘${record.alias}’` : record.name);

// A sentence: strings, and [place, inverted] for signals.
function wordsOf(data, words) {
  return words.map((word) => (typeof word === "string" ? word : reference(data, word)));
}

function reference(data, word) {
  if (typeof word === "string") return element("span", { className: "words" }, element("code", {}, word));
  const link = signalLink(data.records[word[0]]);
  return word[1] ? element("span", { className: "words" }, element("em", {}, "not"), link) : link;
}

function table(columns, rows, properties = {}) {
  const head = columns.map((name) =>
    element(
      "th",
      { scope: "col", className: name.number && "number" },
      name.text || name,
      name.unfounded && unfounded(),
    ),
  );
  const cells = (row) =>
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

const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
