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
  ["a b and c and"],
  ["b a andnot c and"],
  ["c a b or andnot"],
  ["a b or c or"],
  ["a b and c or"],
  ["b a andnot c or"],
  ["a b or c andnot"],
  ["c a b and andnot"],
  ["c b a andnot andnot"],
  ["a b or c and"],
].map((results) => results.map((recipe) => recipe.split(" ")));

/** @type {Record<string, number>} */
const VECTOR = { not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, bitselect: 0x52 };
const [LOAD, STORE, SIMD] = [0x00, 0x0b, 0xfd];
const [CONSTANT, GET, TEE, CALL, END] = [0x41, 0x20, 0x22, 0x10, 0x0b];
const PIECE = 500; // operations in a function: small ones compile fast

/** Bytes that are written one after the other. */
class Assembler {
  constructor() {
    this.bytes = new Uint8Array(1 << 16);
    this.length = 0;
  }

  /** @param {...number} bytes */
  put(...bytes) {
    for (const byte of bytes) {
      if (this.length === this.bytes.length) {
        const more = new Uint8Array(2 * this.length);
        more.set(this.bytes);
        this.bytes = more;
      }
      this.bytes[this.length++] = byte;
    }
  }

  /** As LEB128. @param {number} number */
  number(number) {
    for (; number > 127; number >>>= 7) this.put((number & 127) | 128);
    this.put(number);
  }

  /** As signed LEB128. @param {number} number not negative */
  constant(number) {
    this.put(CONSTANT);
    for (; number > 63; number >>= 7) this.put((number & 127) | 128);
    this.put(number);
  }

  /** What is written by `write`, and before it how long it is, in five bytes. @param {() => void} write */
  sized(write) {
    const start = this.length;
    this.put(0, 0, 0, 0, 0);
    write();
    const size = this.length - start - 5;
    for (let at = 0; at < 5; at++) this.bytes[start + at] = ((size >>> (7 * at)) & 127) | (at < 4 ? 128 : 0);
  }

  /** @param {string} text */
  name(text) {
    this.put(text.length, ...new TextEncoder().encode(text));
  }

  /** The vector of a row. @param {number} row */
  load(row) {
    this.put(CONSTANT, 0, SIMD, LOAD, 4);
    this.number(16 * row);
  }

  /** What was computed, whose address was put before, becomes the vector of a row. @param {number} row */
  store(row) {
    this.put(SIMD, STORE, 4);
    this.number(16 * row);
  }
}

/**
 * @param {Assembler} writer
 * @param {string} token
 * @param {Uint32Array} operands
 */
function putToken(writer, token, operands) {
  if (token in VECTOR) return writer.put(SIMD, VECTOR[token]);
  const local = "abcx".indexOf(token[token.length - 1].toLowerCase());
  if (token[0] === "$") return writer.put(GET, local);
  if (token !== "X") writer.load(operands[local]);
  if (token < "a") writer.put(TEE, local);
}

/**
 * @param {Assembler} writer
 * @param {Program} program
 * @param {number} from
 * @param {number} to
 */
function putPiece(writer, program, from, to) {
  for (let place = from; place < to; place++) {
    const operands = program.operands.subarray(3 * place, 3 * place + 3);
    RECIPES[program.operations[place]].forEach((recipe, result) => {
      writer.put(CONSTANT, 0);
      for (const token of recipe) putToken(writer, token, operands);
      writer.store(program.results[place] + result);
    });
  }
}

/**
 * The next values of the latches, put beside all rows first, since latches may read each other.
 * @param {Assembler} writer
 * @param {LiveFacts} facts
 * @param {Program} program
 */
function putLatch(writer, facts, program) {
  facts.next.forEach((literal, place) => {
    writer.put(CONSTANT, 0);
    writer.load(literal >> 1);
    if (literal & 1) writer.put(SIMD, VECTOR.not);
    writer.store(program.rows + place);
  });
  const latches = 1 + facts.inputs + 2 * facts.handles;
  for (const row of [latches, program.rows, facts.next.length]) writer.constant(16 * row);
  writer.put(0xfc, 0x0a, 0, 0);
}

/**
 * A module that exports `memory`, `compute` (one step) and `latch` (its next state becomes the state).
 * @param {LiveFacts} facts
 * @param {Program} program
 * @returns {Uint8Array<ArrayBuffer>}
 */
function assemble(facts, program) {
  const writer = new Assembler();
  const count = program.operations.length;
  const pieces = Array.from({ length: Math.ceil(count / PIECE) }, (_, at) => () => {
    putPiece(writer, program, at * PIECE, Math.min(count, (at + 1) * PIECE));
  });
  const all = () =>
    pieces.forEach((_, at) => {
      writer.put(CALL);
      writer.number(at);
    });
  const bodies = [...pieces, all, () => putLatch(writer, facts, program)];
  /** @type {[string, number, number][]} */
  const exported = [
    ["memory", 2, 0],
    ["compute", 0, pieces.length],
    ["latch", 0, pieces.length + 1],
  ];
  /** @type {[number, number, () => void][]} */
  const sections = [
    [1, 1, () => writer.put(0x60, 0, 0)],
    [3, bodies.length, () => bodies.forEach(() => writer.put(0))],
    [5, 1, () => (writer.put(0), writer.number(Math.ceil((16 * (program.rows + facts.next.length)) / 65536)))],
    [7, 3, () => exported.forEach(([name, kind, at]) => (writer.name(name), writer.put(kind), writer.number(at)))],
    [10, bodies.length, () => bodies.forEach((body) => putBody(writer, body))],
  ];
  writer.put(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  for (const [number, parts, write] of sections) {
    writer.put(number);
    writer.sized(() => {
      writer.number(parts);
      write();
    });
  }
  return writer.bytes.subarray(0, writer.length);
}

/** A function with four vectors of its own. @param {Assembler} writer @param {() => void} body */
function putBody(writer, body) {
  writer.sized(() => {
    writer.put(1, 4, 0x7b);
    body();
    writer.put(END);
  });
}
