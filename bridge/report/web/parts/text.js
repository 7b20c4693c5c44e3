// Passages whose bytes can be read one by one.

/** @param {ShownPassage} found @param {HTMLElement} box */
function startPassage(found, box) {
  const readout = byId(box.getAttribute("aria-describedby") ?? "");
  const spans = [...box.children];
  let here = -1;
  const shown = (/** @type {string} */ piece) => (piece === " " ? "space" : piece === "\n" ? "line end" : `‘${piece}’`);
  const read = (/** @type {number} */ place) => {
    spans[here]?.classList.remove("here");
    here = Math.min(Math.max(place, 0), spans.length - 1);
    spans[here].classList.add("here");
    const expected = found.expected[here].map(([byte, chance]) => `${byte} ${(100 * chance).toFixed(0)} %`).join(", ");
    readout.textContent = `${shown(found.pieces[here])} cost ${found.bits[here].toFixed(2)} bits; expected: ${expected}`;
  };
  box.addEventListener("keydown", (event) => {
    const move = moveOf(event, 60);
    if (!move) return;
    event.preventDefault();
    read(here + move);
    spans[here].scrollIntoView({ block: "nearest" });
  });
  box.addEventListener("pointerover", (event) => {
    const place = spans.findIndex((span) => span === event.target);
    if (place >= 0) read(place);
  });
}

starts.push(({ passages = [] }) =>
  /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".passage")).forEach((box) =>
    startPassage(passages[Number(box.dataset.passage)], box),
  ),
);
