// The list of all signals, by block.

const BLOCK = "signals/"; // addresses that open a block in the list

/** @param {string} block @returns {boolean} whether there is one of that name */
function openBlock(block) {
  const all = /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("#signal-list details"));
  const found = [...all].find((details) => details.dataset.block === block);
  if (!found) return false;
  found.open = true;
  found.scrollIntoView({ behavior: "instant" });
  found.querySelector("summary")?.focus({ preventScroll: true });
  return true;
}

starts.push((data) => {
  const blocks = Map.groupBy(data.records, (record) => record.block);
  const parts = [...blocks].map(([block, records]) => {
    const counts = [...Map.groupBy(records, (record) => record.kind)]
      .map(([kind, some]) => plural(some.length, kind))
      .join(", ");
    const details = element(
      "details",
      { "data-block": block },
      element("summary", {}, element("code", {}, block), " ", element("span", { className: "count" }, counts)),
    );
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(cellsOf(block, records));
    });
    return details;
  });
  byId("signal-list").append(...parts);
});
