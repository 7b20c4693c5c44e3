// Tables that sort, lists of signals.

/** @param {HTMLTableElement} table */
function startSorting(table) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    head.replaceChildren(element("button", { type: "button" }, ...head.childNodes));
    head.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (/** @type {HTMLTableRowElement} */ row) => {
        const cell = row.cells[column];
        return cell.dataset.value || cell.textContent.replace(/[%,]/g, "").trim();
      };
      const compare = (/** @type {string} */ a, /** @type {string} */ b) =>
        isNaN(Number(a)) || isNaN(Number(b)) ? a.localeCompare(b, "en", { numeric: true }) : Number(a) - Number(b);
      const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)));
      table.tBodies[0].append(...rows);
    });
  });
}

/** @param {string} block @param {SignalRecord[]} records */
function cellsOf(block, records) {
  const short = (/** @type {SignalRecord} */ record) => record.alias || record.name.slice(block.length) || record.name;
  const links = records.map((record) =>
    element("a", { href: addressOf(record.name), "aria-label": shownName(record) }, short(record)),
  );
  const list = element(
    "ul",
    { className: "cells" },
    links.map((link) => element("li", {}, link)),
  );
  roam(list, "a", () => 10);
  return list;
}
