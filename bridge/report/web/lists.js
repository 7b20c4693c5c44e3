// Tables that sort, the list of all signals, text whose bytes can be read one by one.

function startSorting(table) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    head.replaceChildren(element("button", { type: "button" }, ...head.childNodes));
    head.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.children[column].dataset.value || row.children[column].textContent.replace(/[%,]/g, "").trim();
      const compare = (a, b) => (isNaN(a) || isNaN(b) ? String(a).localeCompare(String(b), "en", { numeric: true }) : a - b);
      const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)));
      table.tBodies[0].append(...rows);
    });
  });
}

const BLOCK = "signals/"; // addresses that open a block in the list

function openBlock(block) {
  const found = [...document.querySelectorAll("#signal-list details")].find((details) => details.dataset.block === block);
  if (!found) return false;
  found.open = true;
  found.scrollIntoView({ behavior: "instant" });
  found.querySelector("summary").focus({ preventScroll: true });
  return true;
}

function startSignalList(data) {
  const blocks = Map.groupBy(data.records, (record) => record.block);
  const parts = [...blocks].map(([block, records]) => {
    const kinds = [...new Set(records.map((record) => record.kind))].join(", ");
    const details = element("details", { "data-block": block }, element("summary", {}, element("code", {}, block), " ",
      element("span", { className: "count" }, `${plural(records.length, kinds)}`)));
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(cellsOf(block, records));
    });
    return details;
  });
  document.getElementById("signal-list").append(...parts);
}

function cellsOf(block, records) {
  const short = (record) => record.alias || record.name.slice(block.length) || record.name;
  const links = records.map((record, at) => element("a", { href: addressOf(record.name), "aria-label": shownName(record), tabindex: at ? -1 : 0 }, short(record)));
  const list = element("ul", { className: "cells" }, links.map((link) => element("li", {}, link)));
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

function startPassage(data, box) {
  const found = data.passages[Number(box.dataset.passage)];
  const readout = document.getElementById(box.getAttribute("aria-describedby"));
  const spans = [...box.children];
  let here = -1;
  const shown = (piece) => ({ " ": "space", "\n": "line end" })[piece] || `‘${piece}’`;
  const read = (place) => {
    spans[here]?.classList.remove("here");
    here = Math.min(Math.max(place, 0), spans.length - 1);
    spans[here].classList.add("here");
    const expected = found.expected[here].map(([byte, chance]) => `${byte} ${(100 * chance).toFixed(0)} %`).join(", ");
    readout.textContent = `${shown(found.pieces[here])} cost ${found.bits[here].toFixed(2)} bits; expected: ${expected}`;
  };
  box.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 60, ArrowUp: -60 }[event.key];
    if (!move) return;
    event.preventDefault();
    read(here + move);
    spans[here].scrollIntoView({ block: "nearest" });
  });
  box.addEventListener("pointerover", (event) => {
    const place = spans.indexOf(event.target);
    if (place >= 0) read(place);
  });
}
