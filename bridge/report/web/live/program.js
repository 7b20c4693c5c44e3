// The program of the page: see bridge.report.live.program, which packs it.

/**
 * operations: the number of each; operands: rows, three for each operation; results: the row of the first result.
 * @typedef {{operations: Uint8Array, operands: Uint32Array, results: Uint32Array, rows: number}} Program
 */

// How many operands and results an operation has, in the order of OPERATIONS in bridge.execution.compile.operations.
const OPERANDS = [2, 2, 2, 2, 3, 3, 3, 3, 3, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3];
const RESULTS = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];

/**
 * @param {LiveFacts} facts
 * @param {Uint8Array} code
 * @returns {Program}
 */
function unpackProgram(facts, code) {
  const count = facts.operations;
  const operations = code.subarray(0, count);
  const results = new Uint32Array(count);
  let rows = 1 + facts.inputs + 2 * facts.handles + facts.resets.length;
  operations.forEach((number, place) => {
    results[place] = rows;
    rows += RESULTS[number];
  });
  const operands = new Uint32Array(3 * count);
  let at = count;
  for (let operand = 0; operand < 3; operand++) {
    let other = at; // first bytes of all distances stand before the others
    for (const number of operations) if (operand < OPERANDS[number]) other++;
    for (let place = 0; place < count; place++) {
      if (operand >= OPERANDS[operations[place]]) continue;
      let byte = code[at++];
      let distance = byte & 127;
      for (let shift = 7; byte & 128; shift += 7) {
        byte = code[other++];
        distance += (byte & 127) << shift;
      }
      operands[3 * place + operand] = results[place] - distance;
    }
    at = other;
  }
  return { operations, operands, results, rows };
}
