// What the model reads: the text, what it cost, and the byte at the place.

/** A line about the byte at the place, which can be chosen there. @param {Live} live */
function spotOf(live) {
  const [before, after] = [document.createTextNode(""), document.createTextNode("")];
  const byte = element("button", { type: "button" });
  const line = element("p", { className: "spot" }, before, byte, after);
  live.watch(() => {
    const { text, place } = live.view;
    const here = place.toLocaleString("en");
    byte.hidden = place >= text.length;
    before.data = byte.hidden ? `At the end, place ${here}.` : `Byte ${here}, `;
    after.data = byte.hidden ? "" : costIn(live);
    if (byte.hidden) return;
    byte.textContent = shownByte(text[place]);
    byte.dataset.step = String(place);
    byte.setAttribute("aria-label", `byte ${place}: ${spokenByte(text[place])}`);
  });
  return line;
}

/** @param {Live} live */
function costIn(live) {
  const { text, place } = live.view;
  if (!place) return " is given: the first byte is not predicted.";
  if (!live.moment) return " is not read yet.";
  const lengths = lengthsAfter(live, live.moment);
  const bits = lengths[text[place]];
  const before = byLikelihood(lengths).indexOf(text[place]);
  return ` cost ${bits.toFixed(2)} bits: ${percent(2 ** -bits)}, the ${before ? `${ordinal(1 + before)} ` : ""}likeliest.`;
}

/** What a text cost. @param {Live} live */
function summaryOf(live) {
  const { text } = live.view;
  const costs = costsOf(live, live.now);
  if (costs.length < 2) return "Type: the model reads along, byte by byte.";
  const read = costs.length < text.length ? `${costs.length.toLocaleString("en")} of ` : "";
  const each = (/** @type {Float64Array} */ some) => (totalOf(some) / (some.length - 1)).toFixed(3);
  const before = live.done.length ? `, ${each(costsOf(live, live.plain))} without what is done` : "";
  const known = new Set(live.facts.readout?.symbols);
  const strange = text.reduce((count, byte) => count + (known.has(byte) ? 0 : 1), 0);
  const warning = strange ? ` ${plural(strange, "byte")} unknown to the model: it knows ${known.size}.` : "";
  const full = text.length >= LONGEST ? " No longer text is read here." : "";
  return `${read}${plural(text.length, "byte")}, ${each(costs)} bits per byte${before}.${warning}${full}`;
}

/** The text to begin with. @param {Live} live */
function beginning(live) {
  const { text } = live.data;
  if (text) return Uint8Array.from(text);
  const symbols = new Set(live.facts.readout?.symbols);
  const verse = bytesOf("In the beginning God created the heaven and the earth.");
  return verse.every((byte) => symbols.has(byte)) ? verse : Uint8Array.from(live.facts.readout?.symbols ?? []);
}

panels.push((live) => {
  const place = document.getElementById("live-text");
  if (!place || live.facts.kind !== "text") return;
  place.append(element("h3", {}, "What it reads"));
  const text = new TextBox(live, place);
  const costs = element("p", { className: "count", id: "live-costs" });
  const legend = element(
    "p",
    { className: "legend", "aria-hidden": "true" },
    [0, ...SHADES].map((least, shade) =>
      element("span", { className: `s${shade}` }, shade < SHADES.length ? `${least}–${SHADES[shade]}` : `${least}+`),
    ),
    " bits a byte",
  );
  place.append(spotOf(live), element("div", { className: "below" }, costs, legend));
  new TextWriter(live, place);
  if (!live.view.text.length) {
    const first = beginning(live);
    live.change({ text: first, place: first.length });
  }
  live.watch(() => {
    text.update();
    costs.textContent = summaryOf(live);
  });
});
