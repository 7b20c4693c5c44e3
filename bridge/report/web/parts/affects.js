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

/** Thin lines between blocks. @param {PageData} data @param {Matrix} found */
function borders(data, found) {
  const line = { type: "line", layer: "above", line: { color: colour("line"), width: 1 } };
  const ends = (/** @type {string[]} */ names) =>
    [...blocksOf(data, names).values()]
      .slice(0, -1)
      .map(([, last]) => last + 0.5)
      .slice(0, 40);
  return [
    ...ends(found.targets).map((x) => ({ ...line, x0: x, x1: x, yref: "paper", y0: 0, y1: 1 })),
    ...ends(found.sources).map((y) => ({ ...line, y0: y, y1: y, xref: "paper", x0: 0, x1: 1 })),
  ];
}

/**
 * One tick for each block, or for each signal when few are in view.
 * @param {PageData} data @param {string[]} names @param {number[]} range @param {boolean} [sorted]
 */
function ticksOf(data, names, range, sorted) {
  const low = Math.max(0, Math.ceil(Math.min(...range)));
  const high = Math.min(names.length - 1, Math.floor(Math.max(...range)));
  if (high - low < 45) {
    const places = Array.from({ length: Math.max(0, high - low + 1) }, (_, at) => low + at);
    return { tickvals: places, ticktext: places.map((place) => label(names[place])) };
  }
  if (sorted) return { tickvals: [], ticktext: [] };
  const ends = [...blocksOf(data, names)].filter(([, [first, last]]) => last - first >= names.length / 60);
  return {
    tickvals: ends.map(([, [first, last]]) => (first + last) / 2),
    ticktext: ends.map(([block]) => label(block)),
  };
}

/** @param {PageData} data @param {any} place @param {any} Plotly @param {Choice} choice @param {(name: string) => void} open */
async function drawMatrix(data, place, Plotly, choice, open) {
  const step = byId("matrix-step", HTMLSelectElement);
  byId("step-choice").hidden = choice.kind !== "influence";
  const found = matrixOf(data, choice, Number(step.value || 0));
  const [none, yes, perhaps, proven] = [colour("card"), colour("accent"), colour("open"), colour("warm")];
  const answers = [
    ["no", none],
    ["yes", yes],
    ["undecided", perhaps],
    ["no, by SAT", proven],
  ];
  if (found.codes && found.z.every((row) => Array.from(row).every((code) => code < 2))) answers.length = 2;
  const codes = answers.flatMap(([, shade], at) => [
    [at / answers.length, shade],
    [(at + 1) / answers.length, shade],
  ]);
  const shades = [
    [0, none],
    [0.02, colour("accent-soft")],
    [1, yes],
  ];
  const ranges = { x: [-0.5, found.targets.length - 0.5], y: [found.sources.length - 0.5, -0.5] };
  /** @param {string[]} names @param {number[]} range */
  const axis = (names, range) => ({
    range,
    showgrid: false,
    zeroline: false,
    ...ticksOf(data, names, range, found.sorted),
  });
  const legend = found.codes
    ? { tickvals: [...answers.keys()], ticktext: answers.map(([word]) => word) }
    : { tickvals: found.ticks, ticktext: found.words, title: { text: found.shown, side: "right" } };
  const [from, to] = choice.axes.map((words) => ({ text: words.replace("{}", found.step ?? ""), standoff: 10 }));
  await Plotly.react(
    place,
    [
      {
        type: "heatmap",
        z: found.z,
        hoverinfo: "none",
        zmin: found.codes ? -0.5 : found.low,
        zmax: found.codes ? answers.length - 0.5 : found.high,
        colorscale: found.codes ? codes : shades,
        colorbar: {
          ...legend,
          thickness: 10,
          outlinewidth: 0,
          len: found.codes ? 0.13 * answers.length : 0.5,
          y: 1,
          yanchor: "top",
        },
      },
    ],
    layout({
      xaxis: { ...axis(found.targets, ranges.x), tickangle: -35, title: to },
      yaxis: { ...axis(found.sources, ranges.y), title: from },
      dragmode: "zoom",
      shapes: found.sorted ? [] : borders(data, found),
      margin: { l: 60, r: 10, t: 6, b: 60 },
    }),
    config,
  );
  const readout = byId("matrix-readout");
  for (const event of ["plotly_hover", "plotly_click", "plotly_relayout"]) place.removeAllListeners(event);
  /** @param {{points: {x: number, y: number}[]}} event @returns {[number, number]} */
  const at = (event) => [Math.round(event.points[0].y), Math.round(event.points[0].x)];
  place.on("plotly_hover", (/** @type {any} */ event) => {
    readout.textContent = found.say(...at(event));
  });
  place.on("plotly_click", (/** @type {any} */ event) => open(found.sources[at(event)[0]]));
  place.on("plotly_relayout", (/** @type {Record<string, unknown>} */ change) => {
    if (!Object.keys(change).some((key) => key.includes("range"))) return;
    const shown = {
      x: ticksOf(data, found.targets, place.layout.xaxis.range, found.sorted),
      y: ticksOf(data, found.sources, place.layout.yaxis.range, found.sorted),
    };
    Plotly.relayout(place, {
      "xaxis.tickvals": shown.x.tickvals,
      "xaxis.ticktext": shown.x.ticktext,
      "yaxis.tickvals": shown.y.tickvals,
      "yaxis.ticktext": shown.y.ticktext,
    });
  });
}

starts.push(async (data, open) => {
  for (const name of ["answers", "methods", "influence"]) await loadArray(data, name);
  const { choices = [] } = data;
  if (!document.getElementById("plot-matrix")) return;
  const chosen = () => {
    const checked = document.querySelector("[name=matrix]:checked");
    return choices.find((choice) => checked instanceof HTMLInputElement && choice.id === checked.value) ?? choices[0];
  };
  plotInto("plot-matrix", (place, Plotly) => drawMatrix(data, place, Plotly, chosen(), open));
  byId("matrix-choice").addEventListener("change", () => redraw.get("plot-matrix")?.());
});
