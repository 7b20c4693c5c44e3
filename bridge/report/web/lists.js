// Tables that sort, lists of signals.

function startSorting(table) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    head.replaceChildren(element("button", { type: "button" }, ...head.childNodes));
    head.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) =>
        row.children[column].dataset.value || row.children[column].textContent.replace(/[%,]/g, "").trim();
      const compare = (a, b) =>
        isNaN(a) || isNaN(b) ? String(a).localeCompare(String(b), "en", { numeric: true }) : a - b;
      const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)));
      table.tBodies[0].append(...rows);
    });
  });
}

function cellsOf(block, records) {
  const short = (record) => record.alias || record.name.slice(block.length) || record.name;
  const links = records.map((record, at) =>
    element(
      "a",
      { href: addressOf(record.name), "aria-label": shownName(record), tabindex: at ? -1 : 0 },
      short(record),
    ),
  );
  const list = element(
    "ul",
    { className: "cells" },
    links.map((link) => element("li", {}, link)),
  );
  list.addEventListener("keydown", (event) => {
    const at = links.indexOf(document.activeElement);
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? links.length - 1 : move ? at + move : -1;
    if (next < 0 || next >= links.length) return;
    event.preventDefault();
    links[at].tabIndex = -1;
    links[next].tabIndex = 0;
    links[next].focus();
  });
  return list;
}
