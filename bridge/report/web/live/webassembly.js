// WebAssembly from a program: every row is a vector of 128 bits, one for each run, at 16 times its number.

// What an operation computes, for each result. a b c: operands; capitals keep them for later, $a $b $c; X keeps what
// was just computed, $x. bitselect takes from the first where the third is 1, else from the second.
const RECIPES = [
  ["a b and"],
  ["b a andnot"],
  ["a b or"],
  ["a b xor"],
  ["a b xor c xor"],
  ["a b c bitselect"],
  ["a not b c bitselect"],
  ["c A $a b xor bitselect"],
  ["B c a $b xor bitselect"],
  ["A B xor", "$a $b and"],
  ["A B xor", "$b $a andnot"],
  ["A B xor", "$a $b or"],
  ["A B xor X C xor", "$c $a $x bitselect"],
  ["A B xor X C xor", "$b $c $x bitselect"],
].map((results) => results.map((recipe) => recipe.split(" ")));

/** @type {Record<string, number>} */
const VECTOR = { not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, bitselect: 0x52 };
const [LOAD, STORE, SIMD] = [0x00, 0x0b, 0xfd];
const PIECE = 500; // operations in a function: small ones compile fast

/** @param {number} number */
function leb128(number) {
  const bytes = [];
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  return [...bytes, number];
}

/** @param {number} row */
const loaded = (row) => [0x41, 0, SIMD, LOAD, 4, ...leb128(16 * row)];

/** @param {number} row */
const stored = (row) => [SIMD, STORE, 4, ...leb128(16 * row)];

/**
 * @param {string} token
 * @param {number[]} operands
 */
function instruction(token, operands) {
  if (token in VECTOR) return [SIMD, VECTOR[token]];
  const local = "abcx".indexOf(token.at(-1)?.toLowerCase() ?? "");
  if (token[0] === "$") return [0x20, local];
  if (token === "X") return [0x22, local];
  return token < "a" ? [...loaded(operands[local]), 0x22, local] : loaded(operands[local]);
}

/**
 * @param {Program} program
 * @param {number} from
 * @param {number} to
 */
function piece(program, from, to) {
  /** @type {number[]} */
  const body = [];
  for (let place = from; place < to; place++) {
    const operands = [...program.operands.subarray(3 * place, 3 * place + 3)];
    RECIPES[program.operations[place]].forEach((recipe, result) => {
      body.push(0x41, 0);
      for (const token of recipe) body.push(...instruction(token, operands));
      body.push(...stored(program.results[place] + result));
    });
  }
  return body;
}

/**
 * The next values of the latches, put beside all rows first, since latches may read each other.
 * @param {LiveFacts} facts
 * @param {Program} program
 */
function moved(facts, program) {
  const first = program.rows;
  const body = facts.next.flatMap((literal, place) => [
    0x41,
    0,
    ...loaded(literal >> 1),
    ...(literal & 1 ? [SIMD, VECTOR.not] : []),
    ...stored(first + place),
  ]);
  const latches = 1 + facts.inputs + 2 * facts.handles;
  const constants = [latches, first, facts.next.length].flatMap((row) => [0x41, ...signed(16 * row)]);
  return [...body, ...constants, 0xfc, 0x0a, 0, 0];
}

/** @param {number} number */
function signed(number) {
  const bytes = [];
  for (; number > 63; number >>= 7) bytes.push((number & 127) | 128);
  return [...bytes, number];
}

/**
 * A module that exports `memory`, `compute` (one step) and `latch` (its next state becomes the state).
 * @param {LiveFacts} facts
 * @param {Program} program
 * @returns {Uint8Array<ArrayBuffer>}
 */
function assemble(facts, program) {
  const count = program.operations.length;
  const pieces = Array.from({ length: Math.ceil(count / PIECE) }, (_, at) =>
    piece(program, at * PIECE, Math.min(count, (at + 1) * PIECE)),
  );
  const all = pieces.flatMap((_, at) => [0x10, ...leb128(at)]);
  const bodies = [...pieces, all, moved(facts, program)].map((body) => {
    const size = body.length + 4; // locals: four vectors; and the end
    return [leb128(size), [1, 4, 0x7b], body, [0x0b]];
  });
  const pages = Math.ceil((16 * (program.rows + facts.next.length)) / 65536);
  const name = (/** @type {string} */ text) => [text.length, ...new TextEncoder().encode(text)];
  const [compute, latch] = [pieces.length, pieces.length + 1].map(leb128);
  const exported = [3, ...name("memory"), 2, 0, ...name("compute"), 0, ...compute, ...name("latch"), 0, ...latch];
  /** @type {[number, number[][]][]} */
  const sections = [
    [1, [[1, 0x60, 0, 0]]],
    [3, [leb128(bodies.length), bodies.map(() => 0)]],
    [5, [[1, 0, ...leb128(pages)]]],
    [7, [exported]],
    [10, [leb128(bodies.length), ...bodies.flat()]],
  ];
  const parts = [[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]];
  for (const [number, contents] of sections) {
    parts.push([number, ...leb128(contents.reduce((sum, part) => sum + part.length, 0))], ...contents);
  }
  const module = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    module.set(part, at);
    at += part.length;
  }
  return module;
}
