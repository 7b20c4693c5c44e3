// Find a signal by its name, a symbol by its character, a byte bit by "byte".

const HITS = 12;

/** @typedef {{name: string, low: string, alias?: string, what: string}} Entry */

/** @param {SignalRecord} record @returns {Entry} */
function entryOf(record) {
  return {
    name: record.name,
    low: record.name.toLowerCase(),
    alias: record.alias,
    what: record.alias ? `symbol ${record.alias}` : record.kind,
  };
}

/** The best first. @param {Entry[]} entries @param {string} query */
function findSignals(entries, query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const symbol = query.trim().replace(/^['"‘](.+)['"’]$/, "$1");
  const words = wanted.split(/\s+/);
  const rank = (/** @type {Entry} */ entry) => {
    if (entry.low === wanted) return 0;
    if (entry.alias !== undefined && entry.alias === symbol) return 1;
    if (entry.low.startsWith(wanted)) return 2;
    if (entry.low.includes(wanted)) return 3;
    return words.every((word) => entry.low.includes(word) || entry.what.includes(word)) ? 4 : 9;
  };
  return entries
    .map((entry) => ({ entry, rank: rank(entry) }))
    .filter(({ rank }) => rank < 9)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, HITS)
    .map(({ entry }) => entry);
}

/** @param {PageData} data @param {(name: string) => void} open */
function startSearch(data, open) {
  const [form, query, list] = [byId("search"), byId("query", HTMLInputElement), byId("hits")];
  const entries = data.records.map(entryOf);
  /** @type {Entry[]} */
  let hits = [];
  let chosen = -1;
  const close = () => {
    list.hidden = true;
    query.setAttribute("aria-expanded", "false");
    query.removeAttribute("aria-activedescendant");
  };
  const choose = (/** @type {number} */ place) => {
    chosen = place;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === place)));
    const item = list.children[place];
    if (item) {
      query.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    }
  };
  const go = (/** @type {number} */ place) => {
    if (!hits[place]) return;
    open(hits[place].name);
    query.value = "";
    close();
  };
  const show = () => {
    hits = findSignals(entries, query.value);
    const items = hits.map((entry, at) =>
      element("li", { role: "option", id: `hit-${at}`, "data-at": at }, entry.name, element("span", {}, entry.what)),
    );
    const none = element(
      "li",
      { className: "none", role: "option", "aria-disabled": "true" },
      "no signal of that name",
    );
    list.replaceChildren(...(items.length ? items : [none]));
    const visible = query.value.trim() !== "";
    list.hidden = !visible;
    query.setAttribute("aria-expanded", String(visible));
    choose(items.length ? 0 : -1);
  };
  query.addEventListener("input", show);
  query.addEventListener("focus", show);
  query.addEventListener("blur", () => setTimeout(close, 150));
  query.addEventListener("keydown", (event) => {
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move && hits.length) {
      event.preventDefault();
      choose((chosen + move + hits.length) % hits.length);
    }
    if (event.key === "Escape") {
      query.value = "";
      close();
    }
  });
  list.addEventListener("mousedown", (event) => {
    const item = event.target instanceof Element && event.target.closest("li");
    if (item) go(Number(item.dataset.at));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(chosen);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !isTyping(event.target)) {
      event.preventDefault();
      query.focus();
    }
  });
}
