// A state machine: where it is, how it came there, and where each byte would lead.

const [MACHINE_ACROSS, MACHINE_DOWN, MACHINE_WIDE] = [176, 36, 100];
const [MACHINE_STATES, MACHINE_AHEAD] = [24, 12]; // drawn whole up to so many; of larger ones, so many that come next

/** @typedef {{from: number, to: number, bytes: number[]}} Move */
/** @typedef {{states: Set<number>, from: Set<number>, depth: Int32Array | null}} Chosen */

/** The state before a step and after it; null where that is not known. @param {Live | null} live @param {DrawnAutomaton} block @param {Int32Array} following */
function statesNow(live, { name, words }, following) {
  if (!live?.moment) return null;
  const { bits } = live.moment;
  let before = words.length - 1;
  for (let state = words.length - 2; state >= 0; state--) {
    const held = valueAmong(live, bits, `state.${name}[${state}]`);
    if (held === undefined) return null;
    if (held !== Number(state === 0)) before = state;
  }
  const byte = valueAmong(live, bits, "byte");
  return byte === undefined ? null : { before, byte, now: following[256 * before + byte] };
}

/** @param {PageData} data @param {DrawnAutomaton} block @returns {Promise<HTMLElement[]>} */
async function automatonDrawn(data, block) {
  const following = await loadIntegers(data, block.following);
  const today = statesNow(drawnLive, block, following);
  const chosen = statesDrawn(block, following, today);
  const moves = movesAmong(block, following, chosen);
  const told = today
    ? `Before the byte it was in ${stateName(block, today.before)}; ‘${shownByte(today.byte)}’ led to ${stateName(block, today.now)}.`
    : "It begins in the state of no text.";
  const words = `A state is named by the shortest text that leads there from the start. ${chosen.states.size < block.words.length ? `Of ${block.words.length} states, those near today's are drawn, and what leads on. ` : ""}What leads back to the start is left out.`;
  return [
    element("p", {}, told),
    element(
      "div",
      { className: "scroll", role: "region", tabindex: 0, "aria-label": "The states" },
      machinePicture(block, chosen.states, moves, today),
    ),
    element("p", { className: "count" }, words),
  ];
}

/** @param {DrawnAutomaton} block @param {number} state */
const stateName = ({ words }, state) =>
  state === 0 ? "the start" : words[state] === null ? `state ${state}` : `‘${words[state]}’`;

/** How many bytes lead to each state, and from where, on the shortest way. @param {DrawnAutomaton} block @param {Int32Array} following */
function waysTo({ words, among }, following) {
  const [depth, from] = [new Int32Array(words.length).fill(-1), new Int32Array(words.length).fill(-1)];
  depth[0] = 0;
  const waiting = [0];
  for (const state of waiting) {
    for (const byte of among) {
      const next = following[256 * state + byte];
      if (depth[next] >= 0) continue;
      depth[next] = depth[state] + 1;
      from[next] = state;
      waiting.push(next);
    }
  }
  return { depth, from };
}

/**
 * All states of a small machine; of a large one those on the shortest way to today's, and where that leads. from: of
 * which the moves are drawn; depth: how many bytes lead to each state, of a large machine: there moves back are left out.
 * @param {DrawnAutomaton} block @param {Int32Array} following @param {{before: number, now: number} | null} today
 * @returns {Chosen}
 */
function statesDrawn(block, following, today) {
  const all = new Set(block.words.keys());
  if (all.size <= MACHINE_STATES) return { states: all, from: all, depth: null };
  const { from: parents, depth } = waysTo(block, following);
  const from = new Set([0]);
  for (const end of [today?.before ?? 0, today?.now ?? 0]) {
    for (let state = end; state > 0; state = parents[state]) from.add(state);
  }
  const states = new Set(from);
  const leads = Map.groupBy(block.among, (byte) => following[256 * (today?.now ?? 0) + byte]);
  for (const state of leads.keys()) {
    if (states.size >= from.size + MACHINE_AHEAD) break;
    states.add(state);
  }
  return { states, from, depth };
}

/** @param {DrawnAutomaton} block @param {Int32Array} following @param {Chosen} chosen @returns {Move[]} */
function movesAmong({ among }, following, { states, from, depth }) {
  const fits = (/** @type {number} */ start, /** @type {number} */ to) =>
    to !== 0 && states.has(to) && (!depth || depth[to] > depth[start]);
  return [...from].flatMap((state) => {
    const leads = [...Map.groupBy(among, (byte) => following[256 * state + byte])];
    return leads.flatMap(([to, bytes]) => (fits(state, to) ? [{ from: state, to, bytes }] : []));
  });
}

/** @param {DrawnAutomaton} block @param {Set<number>} chosen @param {Move[]} moves @param {{before: number, byte: number, now: number} | null} today */
function machinePicture(block, chosen, moves, today) {
  /** @type {Map<number, number[]>} */
  const columns = new Map();
  const depths = depthsAmong(chosen, moves);
  for (const [state, depth] of depths) columns.set(depth, [...(columns.get(depth) ?? []), state]);
  const most = Math.max(...[...columns.values()].map((some) => some.length));
  const [width, height] = [(Math.max(...columns.keys()) + 1) * MACHINE_ACROSS - 20, most * MACHINE_DOWN + 24];
  /** @type {Map<number, [number, number]>} */
  const places = new Map();
  for (const [depth, some] of columns) {
    some.forEach((state, row) =>
      places.set(state, [depth * MACHINE_ACROSS, 12 + ((row + 0.5) / some.length) * most * MACHINE_DOWN]),
    );
  }
  const wires = moves.flatMap((move) => moveDrawn(places, move, today));
  const boxes = [...places].map(([state, [x, y]]) => {
    const text = state === 0 ? "start" : (block.words[state] ?? `state ${state}`);
    const lit = today?.now === state ? " lit" : today?.before === state ? " was" : "";
    return drawn(
      "g",
      { class: `state${lit}`, transform: `translate(${x} ${y - 12})` },
      drawn("title", {}, stateName(block, state)),
      drawn("rect", { width: MACHINE_WIDE, height: 24, rx: 12 }),
      drawn(
        "text",
        { x: MACHINE_WIDE / 2, y: 16, "text-anchor": "middle" },
        text.length > 14 ? `…${text.slice(-13)}` : text,
      ),
    );
  });
  return drawn(
    "svg",
    {
      class: "machine",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": "States and what leads from one to another",
    },
    ...wires,
    ...boxes,
  );
}

/** How far each is from the start, among these. @param {Set<number>} chosen @param {Move[]} moves @returns {Map<number, number>} */
function depthsAmong(chosen, moves) {
  const depths = new Map([[0, 0]]);
  const waiting = [0];
  for (const state of waiting) {
    for (const { from, to } of moves) {
      if (from !== state || depths.has(to)) continue;
      depths.set(to, (depths.get(state) ?? 0) + 1);
      waiting.push(to);
    }
  }
  for (const state of chosen) if (!depths.has(state)) depths.set(state, 0);
  return depths;
}

/** @param {Map<number, [number, number]>} places @param {Move} move @param {{before: number, byte: number, now: number} | null} today */
function moveDrawn(places, { from, to, bytes }, today) {
  const [[x, y], [u, v]] = [places.get(from) ?? [0, 0], places.get(to) ?? [0, 0]];
  const lit = today?.before === from && today.now === to ? "lit" : "";
  const start = x + MACHINE_WIDE;
  const shown = bytes.slice(0, 3).map(shownByte).join(" ") + (bytes.length > 3 ? ` +${bytes.length - 3}` : "");
  const path =
    u > x
      ? `M${start} ${y}C${start + 20} ${y} ${u - 24} ${v} ${u} ${v}`
      : from === to
        ? `M${start - 20} ${y - 12}c8 -14 24 2 20 12`
        : `M${x + MACHINE_WIDE / 2} ${y + 12}C${x + MACHINE_WIDE / 2} ${y + 34} ${u + MACHINE_WIDE / 2} ${v + 34} ${u + MACHINE_WIDE / 2} ${v + 12}`;
  const words = u > x ? drawn("text", { x: u - 6, y: v - 5, "text-anchor": "end" }, shown) : null;
  return [
    drawn("path", { class: lit, d: path }, drawn("title", {}, bytes.map(shownByte).join(" "))),
    ...(words ? [words] : []),
  ];
}
