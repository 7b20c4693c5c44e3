// The page of one signal.

/**
 * What parts of the page add to the page of a signal, after its heading; null for nothing.
 * @type {((data: PageData, record: SignalRecord) => HTMLElement | null)[]}
 */
const tellers = [];

/** @param {PageData} data @param {number} place */
function showSignal(data, place) {
  const record = data.records[place];
  const parts = [
    trail(data, place),
    element("h1", { id: "signal-name", tabindex: "-1" }, shownName(record)),
    element("p", { className: "lead" }, kindOf(record)),
    notesOf(data, record),
    ...tellers.map((tell) => tell(data, record)),
    equationOf(data, record),
    neighboursOf(data, place),
    dependenceOf(data, record),
    memoryOf(data, record),
    textOf(data, record),
  ];
  byId("signal").replaceChildren(...parts.filter((part) => part !== null));
}

/** @param {string} title @param {...Child} children */
function section(title, ...children) {
  return element("section", { "aria-label": title }, element("h2", {}, title), ...children);
}

/** @param {PageData} data @param {number} place */
function trail(data, place) {
  const { block } = data.records[place];
  const step = (/** @type {number} */ next, /** @type {string} */ name, /** @type {string} */ key) => {
    const other = data.records[place + next];
    return other && other.block === block
      ? element("a", { href: addressOf(other.name), rel: key }, `${name} ${other.name}`)
      : null;
  };
  return element(
    "nav",
    { className: "path", "aria-label": "Where this is" },
    element("a", { href: "#overview" }, "Overview"),
    element("a", { href: addressOf(BLOCK + block) }, `Block ${block}`),
    step(-1, "←", "prev"),
    step(1, "→", "next"),
  );
}

/** @param {SignalRecord} record */
function kindOf(record) {
  const share = record.ones === undefined ? "" : `, 1 at ${(100 * record.ones).toFixed(2)} % of the text's positions`;
  return `${record.kind[0].toUpperCase()}${record.kind.slice(1)} of block ${record.block}${share}`;
}

/** @param {PageData} data @param {SignalRecord} record */
function notesOf(data, record) {
  if (!record.notes.length) return null;
  return element(
    "ul",
    { className: "notes" },
    record.notes.map((note) => element("li", {}, wordsOf(data, note))),
  );
}

/** @param {PageData} data @param {SignalRecord} record */
function equationOf(data, record) {
  const parts = [];
  if (record.words)
    parts.push(
      element("p", { className: "equation" }, element("code", {}, record.name), " ", wordsOf(data, record.words)),
    );
  if (record.groups) parts.push(weightsOf(data, record.groups));
  if (record.table) parts.push(truthTable(data, record.table));
  if (record.drawing) parts.push(drawingOf(data, record.name, record.drawing));
  return parts.length ? section("What it computes", ...parts) : null;
}

/** @param {PageData} data @param {[number, Reference[]][]} groups */
function weightsOf(data, groups) {
  const plain = groups.length === 1 && groups[0][0] === 1;
  const list = (/** @type {Reference[]} */ refs) =>
    element(
      "ul",
      { className: "refs" },
      refs.map((ref) => element("li", {}, reference(data, ref))),
    );
  if (plain) return list(groups[0][1]);
  return element(
    "dl",
    { className: "weights" },
    groups.map(([weight, refs]) => [element("dt", {}, signed(weight)), element("dd", {}, list(refs))]),
  );
}

/** @param {PageData} data @param {[number[], string]} table */
function truthTable(data, [places, values]) {
  const columns = [...places.map((place) => data.records[place].name), "result"];
  const rows = [...values].map((value, row) =>
    element(
      "tr",
      { className: value === "1" && "one" },
      places.map((_, bit) => element("td", {}, String((row >> bit) & 1))),
      element("td", {}, value),
    ),
  );
  const head = columns.map((name) => element("th", { scope: "col" }, name));
  return element(
    "div",
    { className: "scroll" },
    element(
      "table",
      { className: "truth" },
      element("caption", {}, "Truth table, for all values of what it depends on"),
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, rows),
    ),
  );
}

/** @param {PageData} data @param {string} name @param {Drawing} drawing */
function drawingOf(data, name, { places, leaves, edges }) {
  const shown = (/** @type {number | string} */ leaf) =>
    typeof leaf === "number" ? data.records[leaf].name : String(leaf);
  const margin = 16 + 7.4 * Math.max(...leaves.map((leaf) => shown(leaf).length));
  const layers = Math.max(...places.map(([layer]) => layer)) + 1;
  const rows = Array.from({ length: layers }, (_, layer) => places.filter((place) => place[0] === layer).length);
  const height = 26 * Math.max(...rows) + 16;
  const width = margin + 74 * layers;
  const at = (/** @type {[number, number]} */ [layer, row]) => [
    margin + 74 * layer - 8,
    (height * (row + 0.5)) / rows[layer],
  ];
  const lines = edges.map(([from, to, not]) => {
    const [[x, y], [u, v]] = [at(places[from]), at(places[to])];
    return drawn("path", { d: `M${x} ${y}C${x + 34} ${y} ${u - 34} ${v} ${u} ${v}`, class: not ? "not" : "" });
  });
  const nodes = places.map((place, index) => {
    const [x, y] = at(place);
    if (index >= leaves.length)
      return drawn("circle", { cx: x, cy: y, r: 5, class: index === places.length - 1 ? "root" : "" });
    const text = drawn("text", { x: x - 6, y: y + 4, "text-anchor": "end" }, shown(leaves[index]));
    return typeof leaves[index] === "number" ? drawn("a", { href: addressOf(shown(leaves[index])) }, text) : text;
  });
  const gates = places.length - leaves.length - 1;
  const words = `${plural(gates, "AND node")} over ${plural(leaves.length, "signal")}; dashed lines are complemented; the last is ${name}.`;
  return element(
    "figure",
    {},
    drawn(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        class: "drawing",
        role: "group",
        "aria-label": words,
        style: `max-width:${width * 1.3}px`,
      },
      ...lines,
      ...nodes,
    ),
    element("figcaption", {}, `Its gates: ${words}`),
  );
}

const FEW = 8;

/**
 * Names in full while they are few; else by block, where each is only its number or symbol.
 * @param {PageData} data @param {number[]} places
 */
function linkList(data, places) {
  if (!places.length) return element("p", { className: "count" }, "nothing");
  const records = places.map((place) => data.records[place]);
  if (records.length <= FEW)
    return element(
      "ul",
      { className: "refs" },
      records.map((record) => element("li", {}, signalLink(record))),
    );
  const blocks = [...Map.groupBy(records, (record) => record.block)];
  return element(
    "dl",
    { className: "blocks" },
    blocks.map(([block, some]) => [
      element("dt", {}, element("code", {}, block)),
      element("dd", {}, cellsOf(block, some)),
    ]),
  );
}

/** @param {PageData} data @param {number} place */
function neighboursOf(data, place) {
  const { reads = [], groups, kind } = data.records[place];
  const readers = data.readers[place];
  if (!readers.length && (groups || !reads.length)) return null;
  const column = (/** @type {string} */ title, /** @type {number[]} */ places) =>
    element(
      "div",
      {},
      element("h3", {}, `${title} `, element("span", { className: "count" }, places.length.toLocaleString("en"))),
      linkList(data, places),
    );
  const listed = groups ? null : column("It reads", reads); // else the equation has just named them
  return section(
    "Neighbours",
    element("div", { className: "two" }, listed, kind === "output" ? null : column("Read by", readers)),
  );
}

/** @param {PageData} data @param {SignalRecord} record */
function dependenceOf(data, record) {
  const found = data.dependence;
  if (!found) return null;
  const width = found.targets.length;
  const { answers } = data.arrays;
  const [row, column] = [found.rowOf.get(record.name), found.columnOf.get(record.name)];
  /** @type {HTMLElement[]} */
  const parts = [];
  /** @param {string} title @param {string[]} names @param {(at: number) => number} answerAt */
  const listed = (title, names, answerAt) => {
    const all = names.map((name) => /** @type {number} */ (data.places.get(name)));
    const other = (/** @type {number} */ at) => names[at] !== record.name || record.kind === "state bit"; // a state bit may keep its value
    const yes = all.filter((_, at) => answerAt(at) === 1 && other(at));
    const open = all.filter((_, at) => answerAt(at) === 2);
    const no = all.filter((_, at) => answerAt(at) === 0).length;
    parts.push(
      element(
        "div",
        {},
        element("h3", {}, `${title} `, element("span", { className: "count" }, yes.length.toLocaleString("en"))),
        linkList(data, yes),
        element(
          "p",
          { className: "count" },
          `${no.toLocaleString("en")} others: proven not${open.length ? `; ${open.length} undecided` : ""}.`,
        ),
      ),
    );
  };
  if (row !== undefined) listed("It can affect", found.targets, (at) => answers[row * width + at]);
  if (column !== undefined) listed("It can be affected by", found.sources, (at) => answers[at * width + column]);
  return parts.length
    ? section("Who affects whom, within one step", element("div", { className: "two" }, parts))
    : null;
}

/** @param {PageData} data @param {SignalRecord} record */
function memoryOf(data, record) {
  const found = data.influence;
  const row = found?.rowOf.get(record.name);
  if (!found || row === undefined) return null;
  const [bits, part] = [found.bits[row], found.memory[row]];
  const last = bits.findLastIndex((value) => value > 0);
  if (last < 0) return section("What it remembers", element("p", {}, "Inverting it was never felt on this text."));
  const top = Math.max(...bits);
  const columns = [
    { text: "bytes later", number: true },
    { text: "bits changed", number: true, unfounded: true },
    { text: "likeliest byte differs", number: true, unfounded: true },
    "drawn, to the largest",
  ];
  const rows = bits
    .slice(0, last + 1)
    .map((value, step) => [`${step + 1}`, value.toFixed(4), `${(100 * part[step]).toFixed(1)} %`, meter(value / top)]);
  return section(
    "What it remembers",
    element("p", {}, `When it is inverted at ${found.positions.toLocaleString("en")} positions of the text:`),
    element("div", { className: "scroll" }, table(columns, rows)),
  );
}

/** @param {number} part */
function meter(part) {
  return element(
    "span",
    { className: "meter", "aria-hidden": "true" },
    element("i", { style: `width:${(100 * part).toFixed(1)}%` }),
  );
}

/** @param {PageData} data @param {SignalRecord} record */
function textOf(data, record) {
  const { features: followed, on = [], off = [] } = record;
  if (!followed) return null;
  const columns = [
    "feature",
    { text: "likeness", number: true },
    { text: "by chance", number: true },
    { text: "bits of information", number: true },
    { text: "by chance", number: true },
    "likeness drawn, 0 to 1",
  ];
  const rows = followed.map(([place, bits, part, chanceBits, chancePart]) => [
    data.features?.[place],
    part.toFixed(2),
    chancePart.toFixed(4),
    bits.toFixed(3),
    chanceBits.toFixed(4),
    meter(part),
  ]);
  const features = rows.length
    ? element("div", { className: "scroll" }, table(columns, rows))
    : element("p", {}, "It follows none of the features.");
  return section(
    "What it follows in the text",
    features,
    element("div", { className: "two" }, contexts("It was 1 after", on, "on"), contexts("It was 0 after", off, "off")),
  );
}

/** @param {string} title @param {[string, number][]} examples @param {string} side */
function contexts(title, examples, side) {
  const line = (/** @type {[string, number]} */ [text, place]) => {
    const shown = [...text].map((letter) => (letter === "\n" ? "⏎" : letter));
    return element(
      "li",
      {},
      shown.slice(0, place).join(""),
      element("mark", {}, shown[place]),
      shown.slice(place + 1).join(""),
    );
  };
  return element(
    "div",
    {},
    element("h3", {}, title),
    examples.length
      ? element("ul", { className: `contexts ${side}` }, examples.map(line))
      : element("p", { className: "count" }, "never, on this text"),
  );
}
