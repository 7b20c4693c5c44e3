// Taking away what is shown: a picture, the values, the graph of causes.

const MOST_CELLS = 4e6; // of a table

/** A name for a file: letters, digits, and little else. @param {string} name */
const fileName = (name) =>
  name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, 80) || "model";

/** @param {string} name @param {Blob} blob */
function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** What a spreadsheet must not take for a formula. @param {string | number} cell */
function csvCell(cell) {
  if (typeof cell === "number") return Number.isNaN(cell) ? "" : String(cell);
  const plain = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** Signals that are not bits of the head: integers instead of their bits. @param {Live} live */
function allWatched(live) {
  const { facts } = live;
  const heads = facts.numbers.length ? headNames(facts) : facts.bits;
  const inner = facts.bits.filter((name) => isInside(name)).map((name) => nameText({ ...parseName(name), bit: null }));
  return [...new Set(inner), ...heads];
}

/**
 * The values of signals, a row for each step: what was read, what it cost, and each name in that step.
 * @param {Live} live @param {string[]} names
 * @returns {string}
 */
function valuesTable(live, names) {
  const { facts, now, view } = live;
  const watched = names.flatMap((name) => watchedOf(live, name) ?? []);
  if (watched.length * now.moments.length > MOST_CELLS)
    throw new Error(
      `${watched.length} signals in ${now.moments.length} steps are too many for a table: pin those that you want`,
    );
  const read =
    facts.kind === "text" ? ["byte", "shown", "bits", "probability"] : facts.elements.map(({ name }) => name);
  const costs = facts.kind === "text" ? costsOf(live, now) : new Float64Array();
  const rows = now.moments.map((moment, step) => {
    const given = now.steps[step];
    const cost = costs[step];
    const first = facts.kind === "text" ? [given[0], shownByte(given[0]), cost, 2 ** -cost] : Array.from(given);
    return [step, ...first, ...watched.map(({ of }) => of(moment, view.text[step + 1]))];
  });
  const head = ["step", ...read, ...watched.map(({ name }) => name)];
  return [head, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/** @param {Live} live */
function startExporting(live) {
  const { facts, data } = live;
  const said = element("p", { className: "count", role: "status" });
  const name = fileName(facts.name);
  /** @param {string} label @param {() => void | Promise<void>} make @returns {HTMLButtonElement} */
  const button = (label, make) =>
    buttonTo(label, async () => {
      try {
        said.textContent = "";
        await make();
      } catch (error) {
        said.textContent = `${error instanceof Error ? error.message : error}.`;
      }
    });
  const values = (/** @type {string} */ which, /** @type {string[]} */ names) =>
    download(`${name}-${which}.csv`, new Blob([valuesTable(live, names)], { type: "text/csv" }));
  const pinned = button("Values of the pinned signals (CSV)", () => values("pinned", live.view.pins));
  const buttons = [
    button("Picture (SVG)", () => download(`${name}.svg`, pictureFile(live))),
    button("Picture (PNG)", async () => download(`${name}.png`, await pictureAsPng(live))),
    pinned,
    button("All values (CSV)", () => values("all", allWatched(live))),
  ];
  if (facts.kind === "text") {
    buttons.push(
      button("Graph of causes (JSON, for circuit-tracer)", async () => {
        if (!live.moment) throw new Error("Nothing is predicted here yet: read at least one byte");
        const depths = depthsOf(facts, unpackProgram(facts, await loadArray(data, "program")));
        const graph = tracedGraph(live, depths, askedAbout.get(live) ?? targetsOf(live).targets[0]);
        download(
          `${graph.metadata.slug}-graph.json`,
          new Blob([JSON.stringify(graph, null, 1)], { type: "application/json" }),
        );
      }),
    );
  }
  byId("live-share").append(
    element(
      "div",
      { className: "exports" },
      element("h3", {}, "Take it away"),
      element("p", { className: "tools" }, buttons),
      said,
    ),
  );
  live.watch(() => (pinned.hidden = !live.view.pins.length));
}

panels.push(startExporting);
