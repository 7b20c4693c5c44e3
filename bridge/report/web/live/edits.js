// What is done to the model, in the words of --do.

/**
 * What the edits do in a step, bit by bit.
 * @param {Live} live @param {Edit[]} edits @param {number} step
 * @returns {Change[]}
 */
function changesIn(live, edits, step) {
  return edits
    .filter((edit) => edit.at === null || edit.at === step)
    .flatMap((edit) => {
      const bit = live.names.get(edit.name);
      if (bit === undefined) return [];
      return [{ bit, value: edit.value === "flip" ? "flip" : edit.value === "1" ? 1 : 0 }];
    });
}
