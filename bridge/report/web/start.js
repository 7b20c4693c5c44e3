// Starting; addresses: #overview and the sections, or the name of a signal.

/** A bit of a number is told on the number's page. @param {PageData} data @param {string} name */
function placeOf(data, name) {
  const plain = plainName(name);
  const number = plain.match(/^((?:logit|score)(?:\.\d+)?|class\..+)\[\d+\]$/su)?.[1];
  return data.places.get(name) ?? data.places.get(plain) ?? data.places.get(number ?? "");
}

/** @param {PageData} data @param {boolean} moved has someone gone there? */
function route(data, moved) {
  const address = location.hash.slice(1);
  let name = address;
  try {
    name = decodeURIComponent(address);
  } catch {
    /* a stray % in the address */
  }
  const place = placeOf(data, name);
  if (place === undefined && name.startsWith("live?")) name = "live"; // what follows is for web/live/sharing.js
  const [overview, signal, unknown] = ["overview", "signal", "unknown"].map((id) => byId(id));
  const shown = place !== undefined;
  unknown.replaceChildren();
  overview.hidden = shown;
  signal.hidden = !shown;
  document.title = shown ? `${data.records[place].name} · ${data.title}` : `${data.title} · aigbridge report`;
  if (shown) {
    showSignal(data, place);
    scrollTo({ top: 0, behavior: "instant" });
    if (moved) byId("signal-name").focus({ preventScroll: true });
  } else if (moved && !openBlock(name.startsWith(BLOCK) ? name.slice(BLOCK.length) : name)) {
    const target = document.getElementById(name || "overview");
    if (target && (target.contains(overview) || overview.contains(target)))
      target.scrollIntoView({ behavior: "instant" });
    else sayUnknown(data, unknown, name);
  }
}

/**
 * An address of nothing: say so, with the signals whose names are nearest.
 * @param {PageData} data @param {HTMLElement} place @param {string} name
 */
function sayUnknown(data, place, name) {
  const near = findSignals(data.records.map(entryOf), name.split("[")[0]).slice(0, 5);
  const links = near.flatMap((entry, at) => [at ? ", " : " Is it one of these? ", signalLink(entry)]);
  place.append(
    element("p", { className: "warning" }, `There is no signal, block or section “${name}” in this report.`, ...links),
  );
  document.title = `not found · ${data.title}`;
  scrollTo({ top: 0, behavior: "instant" });
}

function markSections() {
  const links = new Map(
    [.../** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("nav[aria-label=Sections] a"))].map(
      (link) => [link.hash.slice(1), link],
    ),
  );
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    },
    { rootMargin: "-20% 0px -70% 0px" },
  );
  document.querySelectorAll("#overview > section[id]").forEach((part) => watcher.observe(part));
}

/** Something failed that should not have: one sentence for all of it. @param {unknown} error */
function sayTrouble(error) {
  const what = (error instanceof Error ? error.message : String(error)).slice(0, 200);
  const words = `Something on this page failed (${what}). What it shows may be incomplete; load it again to start anew.`;
  byId("trouble").replaceChildren(element("p", { className: "warning" }, words));
}

/** What a browser lacks that the page cannot do without; none: "". */
function lacking() {
  if (!("DecompressionStream" in window)) return "compressed data (DecompressionStream)";
  return "groupBy" in Map ? "" : "Map.groupBy";
}

async function start() {
  addEventListener("error", ({ error }) => error && sayTrouble(error)); // an observer that is late has no error
  addEventListener("unhandledrejection", (event) => sayTrouble(event.reason));
  byId("waiting").remove();
  if (lacking()) {
    const words = `This browser is too old for what moves on this page: it lacks ${lacking()}. The tables can be read.`;
    byId("trouble").append(element("p", { className: "warning" }, words));
    return;
  }
  const data = await loadData();
  const open = (/** @type {string} */ name) => {
    location.hash = addressOf(name);
  };
  startSearch(data, open);
  /** @type {NodeListOf<HTMLTableElement>} */ (document.querySelectorAll("table.sortable")).forEach(startSorting);
  for (const begin of starts) await begin(data, open);
  markSections();
  addEventListener("hashchange", () => route(data, true));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", drawAll);
  route(data, location.hash.length > 1);
  document.documentElement.dataset.ready = "yes";
}

start();
