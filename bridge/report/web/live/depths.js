// Which named bits a named bit reads through others: how deep it is, and whether the code node matters to it.

/**
 * Of every handle: depth, of the longest way through named bits that leads to it, 0 for inputs and state; asked: does
 * it depend on the code node that a serial head is asked about?
 * @typedef {{depth: Uint32Array, asked: Uint8Array}} Depths
 */

/** @param {LiveFacts} facts @param {Program} program @returns {Depths} */
function depthsOf(facts, program) {
  const { operations, operands, results, rows } = program;
  const [depth, asked] = [new Uint32Array(rows), new Uint8Array(rows)];
  facts.owners.forEach((owner, input) => (asked[1 + input] = facts.kind === "text" && owner === 1 ? 1 : 0));
  const handleAt = new Int32Array(rows).fill(-1);
  facts.literals.forEach((literal, bit) => (handleAt[literal >> 1] = facts.handleOf[bit]));
  const found = { depth: new Uint32Array(facts.handles), asked: new Uint8Array(facts.handles) };
  const given = facts.inputs + facts.resets.length; // handles of inputs and latches come first
  operations.forEach((operation, place) => {
    let [deepest, matters] = [0, 0];
    for (let operand = 0; operand < OPERANDS[operation]; operand++) {
      const row = operands[3 * place + operand];
      deepest = Math.max(deepest, depth[row]);
      matters |= asked[row];
    }
    for (let row = results[place]; row < results[place] + RESULTS[operation]; row++) {
      const handle = handleAt[row];
      depth[row] = deepest + (handle >= given ? 1 : 0);
      asked[row] = matters;
      if (handle < 0) continue;
      found.depth[handle] = depth[row];
      found.asked[handle] = matters;
    }
  });
  return found;
}
