// The matrices: who affects whom, proven or on the text.

/**
 * What is drawn: values by row, and a sentence for each entry. codes: are they answers rather than figures? sorted: are
 * the rows not in the order of their blocks? low, high, ticks, words, shown: of the legend of figures.
 * @typedef {object} Matrix
 * @property {string[]} sources
 * @property {string[]} targets
 * @property {ArrayLike<number>[]} z
 * @property {(row: number, at: number) => string} say
 * @property {boolean} [codes]
 * @property {boolean} [sorted]
 * @property {string} [step]
 * @property {number} [low]
 * @property {number} [high]
 * @property {number[]} [ticks]
 * @property {string[]} [words]
 * @property {string} [shown]
 */

/** @param {PageData} data @param {Choice} choice @param {number} step @returns {Matrix} */
function matrixOf(data, choice, step) {
  if (choice.kind === "dependence") return dependenceMatrix(data, /** @type {Dependence} */ (data.dependence), choice);
  const found = /** @type {MeasuredInfluence} */ (data.influence);
  return choice.kind === "memory" ? memoryMatrix(found) : influenceMatrix(found, data.arrays.influence, step);
}

/** @param {MeasuredInfluence} found @returns {Matrix} */
function memoryMatrix(found) {
  const sources = found.order.map((row) => found.sources[row]);
  const z = found.order.map((row) => Float32Array.from(found.bits[row], (bits) => Math.log10(Math.max(bits, 1e-5))));
  const targets = z[0] ? [...z[0]].map((_, at) => `${at + 1}`) : [];
  const say = (/** @type {number} */ row, /** @type {number} */ at) =>
    `${sources[row]}, inverted: ${plural(at + 1, "byte")} later the cost changes by ${found.bits[found.order[row]][at]} bits on average`;
  return {
    sources,
    targets,
    z,
    say,
    sorted: true,
    low: -4,
    high: 0,
    ticks: [-4, -3, -2, -1, 0],
    words: ["≤ 0.0001", "0.001", "0.01", "0.1", "≥ 1 bit"],
    shown: "bits changed, logarithmic",
  };
}

/** @param {MeasuredInfluence} found @param {Uint8Array} shares @param {number} step @returns {Matrix} */
function influenceMatrix(found, shares, step) {
  const count = found.latches.length;
  const size = found.sources.length * count;
  const part = shares.subarray(step * size, (step + 1) * size);
  const z = found.sources.map((_, row) =>
    Float32Array.from(part.subarray(row * count, (row + 1) * count), (v) => Math.sqrt(v / 255)),
  );
  const say = (/** @type {number} */ row, /** @type {number} */ at) =>
    `${found.sources[row]}, inverted, changes ${found.latches[at]} after ${plural(found.steps[step], "byte")} at ${(part[row * count + at] / 2.55).toFixed(1)} % of ${found.positions.toLocaleString("en")} positions`;
  return {
    sources: found.sources,
    targets: found.latches,
    step: plural(found.steps[step], "byte"),
    z,
    say,
    low: 0,
    high: 1,
    ticks: [0, 0.1, 0.316, 0.707, 1],
    words: ["never", "1 %", "10 %", "50 %", "always"],
    shown: "share of positions, by square root",
  };
}

const ANSWERS = ["cannot affect", "can affect", "may affect (undecided)"];
const METHODS = ["", "proven by structure", "shown by two runs", "proven by SAT"];

/** @param {PageData} data @param {Dependence} found @param {Choice} choice @returns {Matrix} */
function dependenceMatrix(data, found, choice) {
  const some = (/** @type {string[]} */ names, /** @type {string[]} */ kinds) =>
    [...names.keys()].filter((place) => kinds.includes(recordOf(data, names[place])?.kind ?? ""));
  const rows = some(found.sources, choice.rows);
  const columns = some(found.targets, choice.columns);
  const width = found.targets.length;
  const { answers, methods } = data.arrays;
  // 0 no by structure, 1 yes, 2 undecided, 3 no by SAT
  const code = (/** @type {number} */ at) => (answers[at] === 0 && methods[at] === 3 ? 3 : answers[at]);
  const z = rows.map((row) => Uint8Array.from(columns, (column) => code(row * width + column)));
  const sources = rows.map((row) => found.sources[row]);
  const targets = columns.map((column) => found.targets[column]);
  const say = (/** @type {number} */ row, /** @type {number} */ at) => {
    const place = rows[row] * width + columns[at];
    return `${sources[row]} ${ANSWERS[answers[place]]} ${targets[at]} within one step${methods[place] ? `, ${METHODS[methods[place]]}` : ""}`;
  };
  return { sources, targets, z, say, codes: true };
}

/** The first and last place of each block. @param {PageData} data @param {string[]} names */
function blocksOf(data, names) {
  /** @type {Map<string, [number, number]>} */
  const blocks = new Map();
  names.forEach((name, place) => {
    const block = recordOf(data, name)?.block ?? "";
    blocks.set(block, [blocks.get(block)?.[0] ?? place, place]);
  });
  return blocks;
}

/** The places after which thin lines stand between blocks. @param {PageData} data @param {string[]} names */
const borders = (data, names) =>
  [...blocksOf(data, names).values()]
    .slice(0, -1)
    .map(([, last]) => last + 1)
    .slice(0, 40);

/**
 * One tick for each block, or for each signal when few are in view.
 * @param {PageData} data @param {string[]} names @param {Span} range @param {boolean} [sorted] @returns {[number, string][]}
 */
function ticksOf(data, names, [from, to], sorted) {
  if (to - from <= 45) return names.slice(from, to).map((name, at) => [from + at, name]);
  if (sorted) return [];
  return [...blocksOf(data, names)]
    .filter(([, [first, last]]) => last - first >= names.length / 60 && last >= from && first < to)
    .map(([block, [first, last]]) => [(Math.max(first, from) + Math.min(last, to - 1)) / 2, block]);
}

/** @param {PageData} data @param {Choice} choice @param {(name: string) => void} open @returns {MatrixPicture} */
function drawnMatrix(data, choice, open) {
  const step = byId("matrix-step", HTMLSelectElement);
  byId("step-choice").hidden = choice.kind !== "influence";
  const found = matrixOf(data, choice, Number(step.value || 0));
  const answers = [
    ["no", "card"],
    ["yes", "accent"],
    ["undecided", "open"],
    ["no, by SAT", "warm"],
  ];
  if (found.codes && found.z.every((row) => Array.from(row).every((code) => code < 2))) answers.length = 2;
  const codes = answers.map(([, name]) => channels(name));
  const { low = 0, high = 1, ticks = [], words = [] } = found;
  const shades = shadesOf([
    [low, channels("card")],
    [low + 0.02 * (high - low), channels("accent-soft")],
    [high, channels("accent")],
  ]);
  const [from, to] = choice.axes.map((name) => name.replace("{}", found.step ?? ""));
  /** @param {string[]} names @param {string} name */
  const axis = (names, name) => ({
    name,
    size: names.length,
    ticks: (/** @type {Span} */ range) => ticksOf(data, names, range, found.sorted),
    ends: found.sorted ? [] : borders(data, names),
  });
  return {
    rows: axis(found.sources, from),
    columns: axis(found.targets, to),
    z: found.z,
    shade: found.codes ? (code) => codes[code] : shades,
    key: found.codes ? answers.map(([word], at) => [at, word]) : ticks.map((tick, at) => [tick, words[at]]),
    title: found.shown ?? "",
    say: found.say,
    open: (row) => open(found.sources[row]),
  };
}

/** What is shown. @type {Heatmap | null} */
let heatmap = null;

starts.push(async (data, open) => {
  for (const name of ["answers", "methods", "influence"]) await loadArray(data, name);
  const { choices = [] } = data;
  if (!document.getElementById("plot-matrix")) return;
  const chosen = () => {
    const checked = document.querySelector("[name=matrix]:checked");
    return choices.find((choice) => checked instanceof HTMLInputElement && choice.id === checked.value) ?? choices[0];
  };
  const whole = byId("matrix-whole", HTMLButtonElement);
  plotInto("plot-matrix", (place) => {
    heatmap = new Heatmap(place, drawnMatrix(data, chosen(), open), byId("matrix-readout"), whole);
  });
  byId("matrix-choice").addEventListener("change", () => redraw.get("plot-matrix")?.());
});
