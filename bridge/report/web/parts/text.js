// Passages whose bytes can be read one by one.

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

starts.push((data) => document.querySelectorAll(".passage").forEach((box) => startPassage(data, box)));
