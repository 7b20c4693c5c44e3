// On the pages of signals: the tree or the state machine that a signal comes from, and where it stands today.

/**
 * splits: an element of the reads, where it leads if it reaches the last number, where otherwise, that number; a leaf is
 * ~ its number. asks: an element, a number, and that question in words.
 * @typedef {{kind: "trees", name: string, width: number, roots: number[], reads: string[], splits: string,
 *   leaves: string, asks: [number, number, string][]}} DrawnTrees
 */

/**
 * words: for each state the shortest text that leads there; following: the next state by state and byte.
 * @typedef {{kind: "automaton", name: string, words: (string | null)[], among: number[], following: string}} DrawnAutomaton
 */

/** What a gated memory reads: it takes the value where the select is 1. @typedef {{kind: "memory", name: string, select: string[], value: string[]}} DrawnMemory */

/** What runs, once it does. @type {Live | null} */
let drawnLive = null;

/** Draws what is on the page of the signal that is open anew. @type {() => void | Promise<void>} */
let drawnNow = () => {};

/** @param {PageData} data @param {string} name */
async function loadIntegers(data, name) {
  const bytes = await loadArray(data, name);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** How a block is drawn on the page of one of its signals. @type {{[kind: string]: (data: PageData, block: any, index: number) => Promise<HTMLElement[]>}} */
const DRAWN = { trees: treeDrawn, automaton: automatonDrawn, memory: memoryDrawn };
const DRAWN_TITLES = { trees: "Its tree", automaton: "Its state machine", memory: "What it keeps" };

starts.push((data) => {
  const known = new Map((data.drawn ?? []).map((block) => [block.name, block]));
  if (!known.size) return;
  tellers.push((_data, { name }) => {
    const { kind, of, index } = parseName(name);
    const block = known.get(of);
    if (!block || !["value", "state"].includes(kind)) return null;
    const place = element("div", { className: "drawn-block" });
    /** @type {Moment | null | undefined} */
    let seen = null;
    drawnNow = async () => {
      if (seen === drawnLive?.moment) return;
      seen = drawnLive?.moment;
      place.replaceChildren(...(await DRAWN[block.kind](data, block, index ?? 0)));
    };
    guarded(drawnNow);
    return section(DRAWN_TITLES[block.kind], place);
  });
});

panels.push((live) => {
  drawnLive = live;
  live.watch(() => guarded(drawnNow));
});
