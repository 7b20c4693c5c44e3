// A decision tree: its first questions as a picture, and today's way through it.

const [TREE_DEPTH, TREE_ACROSS, TREE_DOWN] = [2, 250, 30];

/** @typedef {{question: (split: number) => string, leaf: (end: number) => string, holds: (split: number) => boolean | null, splits: Int32Array}} Tree */

/** The code nodes that are asked about on the way to the byte that follows. @param {Live | null} live @returns {number[]} */
function nodesAsked(live) {
  const { readout, serial } = live?.facts ?? {};
  if (!live || !readout?.code || !serial || !live.moment) return [];
  const byte = live.view.text[live.view.place];
  const likeliest = byLikelihood(lengthsAfter(live, live.moment))[0];
  return pathTo(readout, readout.symbols.includes(byte) ? byte : likeliest).map(([node]) => node);
}

/**
 * The trees of a block with the values of these bits.
 * @param {PageData} data @param {DrawnTrees} block @returns {Promise<(now: Uint32Array | undefined) => Tree>}
 */
async function treesOf(data, block) {
  const [splits, leaves] = await Promise.all([loadIntegers(data, block.splits), loadIntegers(data, block.leaves)]);
  const asks = new Map(block.asks.map(([element, least, words]) => [`${element} ${least}`, words]));
  const { reads, width } = block;
  return (now) => ({
    splits,
    question: (split) => {
      const [element, , , least] = splits.subarray(4 * split, 4 * split + 4);
      return asks.get(`${element} ${least}`) ?? (least === 1 ? reads[element] : `${reads[element]} ≥ ${least}`);
    },
    leaf: (end) => [...leaves.subarray(~end * width, (~end + 1) * width)].join(" "),
    holds: (split) => {
      const value = drawnLive && now ? valueAmong(drawnLive, now, reads[splits[4 * split]]) : undefined;
      return value === undefined ? null : value >= splits[4 * split + 3];
    },
  });
}

/** @param {PageData} data @param {DrawnTrees} block @param {number} index which element @returns {Promise<HTMLElement[]>} */
async function treeDrawn(data, block, index) {
  const treeAt = await treesOf(data, block);
  const live = drawnLive;
  const nodes = nodesAsked(live);
  const bits = nodes.length && live ? bitsAtNodes(live, nodes) : live?.moment ? [live.moment.bits] : [];
  const number = Math.floor(index / block.width);
  const root = block.roots[number];
  const many = block.roots.length > 1 ? `Tree ${number} of ${block.roots.length}: ` : "";
  const whose = nodes.length ? `the way while code node ${nodes[0]} is asked about` : "today's way";
  const lit = bits.length ? ` Lit: ${whose}.` : "";
  const size = plural(sizeOf(treeAt(undefined).splits, root), "split");
  const told = element("p", {}, `${many}${size}, it gives ${leafNames(block, number)}.${lit}`);
  const ways = (nodes.length ? nodes : [null]).map((node, at) => wayShown(treeAt(bits[at]), root, node));
  return [told, treePicture(treeAt(bits[0]), root), ...ways.filter((way) => way !== null)];
}

/** @param {DrawnTrees} block @param {number} number */
function leafNames({ name, width }, number) {
  const first = `${name}[${number * width}]`;
  return width > 1 ? `${first} .. ${name}[${number * width + width - 1}]` : first;
}

/** How many splits are below; shared ones count once. @param {Int32Array} splits @param {number} root */
function sizeOf(splits, root) {
  const seen = new Set();
  const waiting = [root];
  while (waiting.length) {
    const place = /** @type {number} */ (waiting.pop());
    if (place < 0 || seen.has(place)) continue;
    seen.add(place);
    waiting.push(splits[4 * place + 1], splits[4 * place + 2]);
  }
  return seen.size;
}

/** The splits on the way to a leaf, and the leaf; null where what they ask is not known. @param {Tree} tree @param {number} root */
function wayThrough(tree, root) {
  /** @type {{split: number, holds: boolean}[]} */
  const steps = [];
  let end = root;
  while (end >= 0) {
    const holds = tree.holds(end);
    if (holds === null) return null;
    steps.push({ split: end, holds });
    end = tree.splits[4 * end + (holds ? 1 : 2)];
  }
  return { steps, leaf: tree.leaf(end) };
}

/** Today's way, question by question. @param {Tree} tree @param {number} root @param {number | null} node of the code */
function wayShown(tree, root, node) {
  const way = wayThrough(tree, root);
  if (!way) return null;
  const steps = way.steps.map(({ split, holds }) =>
    element(
      "li",
      { className: holds ? "on" : "" },
      `${tree.question(split)}? `,
      element("b", {}, holds ? "yes" : "no"),
    ),
  );
  const where = node === null ? "Today's way" : `Today's way while code node ${node} is asked about`;
  return element(
    "details",
    {},
    element("summary", {}, `${where}: ${plural(steps.length, "question")}, then `, element("strong", {}, way.leaf)),
    element("ol", { className: "way" }, steps),
  );
}

/** The first questions; today's way is lit. @param {Tree} tree @param {number} root */
function treePicture(tree, root) {
  /** @type {SVGElement[]} */
  const wires = [];
  /** @type {SVGElement[]} */
  const boxes = [];
  let rows = 0;
  /** @param {number} place @param {number} depth @param {boolean} lit @returns {number} the row that it stands in */
  const draw = (place, depth, lit) => {
    const end = place < 0 || depth > TREE_DEPTH;
    const holds = end ? null : tree.holds(place);
    const below = end
      ? []
      : [1, 2].map((side) => {
          const here = lit && holds === (side === 1);
          return { row: draw(tree.splits[4 * place + side], depth + 1, here), here, side };
        });
    const row = end ? rows++ : (below[0].row + below[1].row) / 2;
    const text =
      place < 0
        ? tree.leaf(place)
        : end
          ? `… ${plural(sizeOf(tree.splits, place), "split")}`
          : `${tree.question(place)}?`;
    const [x, y] = [depth * TREE_ACROSS, (row + 0.5) * TREE_DOWN];
    for (const { row: next, here, side } of below) {
      const [left, right, down] = [x + TREE_ACROSS - 40, x + TREE_ACROSS, (next + 0.5) * TREE_DOWN];
      wires.push(
        drawn("path", {
          class: here ? "lit" : "",
          d: `M${left} ${y}C${left + 20} ${y} ${right - 20} ${down} ${right} ${down}`,
        }),
      );
      wires.push(drawn("text", { x: right - 6, y: down - 4, "text-anchor": "end" }, side === 1 ? "yes" : "no"));
    }
    const wide = TREE_ACROSS - 40;
    const short = text.length > 29 ? `${text.slice(0, 28)}…` : text;
    boxes.push(
      drawn(
        "g",
        { class: `${place < 0 ? "leaf" : "split"}${lit ? " lit" : ""}`, transform: `translate(${x} ${y - 11})` },
        drawn("title", {}, text),
        drawn("rect", { width: wide, height: 22, rx: 4 }),
        drawn("text", { x: 7, y: 15 }, short),
      ),
    );
    return row;
  };
  draw(root, 0, tree.holds(Math.max(root, 0)) !== null);
  const [width, height] = [(TREE_DEPTH + 2) * TREE_ACROSS - 40, rows * TREE_DOWN];
  const picture = drawn(
    "svg",
    {
      class: "tree",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": "The first questions of the tree",
    },
    ...wires,
    ...boxes,
  );
  return element("div", { className: "scroll", role: "region", tabindex: 0, "aria-label": "The tree" }, picture);
}
