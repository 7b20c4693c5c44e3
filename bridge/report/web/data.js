"use strict";
// What the page carries: JSON and byte arrays, gzipped, in base64.

/**
 * What is told about a signal, see bridge.report.signals. A reference is a place in the records and whether its
 * complement is meant, or text. groups: what is summed, by weight; reads: places; table: places of what it depends on,
 * the results in the order of their values; ones: share of the text's positions; features: place, bits, likeness, and
 * both by chance; on, off: texts and the place in each.
 * @typedef {string | [number, number]} Reference
 * @typedef {object} SignalRecord
 * @property {string} name
 * @property {"input" | "state bit" | "neuron" | "number" | "output"} kind
 * @property {string} block
 * @property {Reference[][]} notes
 * @property {string} [alias]
 * @property {Reference[]} [words]
 * @property {number[]} [reads]
 * @property {[number, Reference[]][]} [groups]
 * @property {number} [bias] of a sum
 * @property {number} [least] what a sum must reach
 * @property {[number[], string]} [table]
 * @property {Drawing} [drawing]
 * @property {number} [ones]
 * @property {[number, number, number, number, number][]} [features]
 * @property {[string, number][]} [on]
 * @property {[string, number][]} [off]
 */

/**
 * See bridge.report.drawings; leaves that are signals are places.
 * @typedef {{places: [number, number][], leaves: (number | string)[], edges: [number, number, boolean][]}} Drawing
 */

/**
 * Which matrices there are, see bridge/report/parts/affects.py.
 * @typedef {{id: string, kind: string, rows: string[], columns: string[], axes: [string, string]}} Choice
 */

/**
 * Rows and columns of a matrix by name.
 * @typedef {{rowOf: Map<string, number>, columnOf: Map<string, number>}} Placed
 */

/**
 * @typedef {{sources: string[], targets: string[], steps: number} & Placed} Dependence
 * @typedef {{sources: string[], latches: string[], order: number[], bits: number[][], memory: number[][],
 *   steps: number[], positions: number} & Placed} MeasuredInfluence
 * @typedef {{pieces: string[], bits: number[], expected: [string, number][][]}} ShownPassage
 */

/**
 * The data of all parts. places: of the records by name; readers: who reads each; arrays: of those that were
 * loaded.
 * @typedef {object} PageData
 * @property {string} title
 * @property {SignalRecord[]} records
 * @property {Map<string, number>} places
 * @property {number[][]} readers
 * @property {Record<string, Uint8Array>} arrays
 * @property {Choice[]} [choices]
 * @property {Dependence} [dependence]
 * @property {MeasuredInfluence} [influence]
 * @property {string[]} [features]
 * @property {ShownPassage[]} [passages]
 * @property {{name: string, ands: number[]}[]} [runs]
 * @property {[number, number]} [axis]
 * @property {LiveFacts} [live]
 * @property {(DrawnTrees | DrawnAutomaton | DrawnMemory)[]} [drawn]
 * @property {number[]} [text] bytes to begin with
 * @property {Samples} [samples] rows to begin with
 */

/**
 * By parts of the page: called with the data and a function that opens a signal, once the data is there.
 * @type {((data: PageData, open: (name: string) => void) => void | Promise<void>)[]}
 */
const starts = [];

/** Started once the logic can run: each watches it and fills a place of its own. @type {((live: Live) => void)[]} */
const panels = [];

/** What is told of a signal, if it has a page. @param {PageData} data @param {string} name @returns {SignalRecord | undefined} */
const recordOf = ({ records, places }, name) => records[places.get(name) ?? -1];

/** @param {string} name @returns {Promise<Uint8Array | null>} null if it is not there */
async function unpack(name) {
  const holder = document.getElementById(`packed-${name}`);
  if (!holder) return null;
  const bytes = Uint8Array.from(atob(holder.textContent), (letter) => letter.charCodeAt(0));
  holder.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {string} name */
const unpackText = async (name) => new TextDecoder().decode((await unpack(name)) ?? undefined);

/** @returns {Promise<PageData>} */
async function loadData() {
  /** @type {PageData} */
  const data = JSON.parse(await unpackText("data"));
  const named = data.records.map(({ name }, place) => /** @type {[string, number]} */ ([name, place]));
  const addressed = named.map(([name, place]) => /** @type {[string, number]} */ ([name.toWellFormed(), place]));
  data.places = new Map([...addressed, ...named]);
  data.readers = data.records.map(() => []);
  data.records.forEach((record, place) => (record.reads ?? []).forEach((read) => data.readers[read].push(place)));
  data.arrays = {};
  const { dependence, influence } = data;
  if (dependence) Object.assign(dependence, placed(dependence.sources, dependence.targets));
  if (influence) Object.assign(influence, placed(influence.sources, influence.latches));
  return data;
}

/** Bytes that a part of the page has; empty if it has none. @param {PageData} data @param {string} name */
async function loadArray(data, name) {
  data.arrays[name] ??= (await unpack(name)) ?? new Uint8Array();
  return data.arrays[name];
}

/** @param {string[]} rows @param {string[]} columns @returns {Placed} */
const placed = (rows, columns) => ({
  rowOf: new Map(rows.map((name, row) => [name, row])),
  columnOf: new Map(columns.map((name, column) => [name, column])),
});
