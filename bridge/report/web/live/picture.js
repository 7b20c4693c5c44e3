// What is shown, as one picture: the text by what it cost, what may come next, and why. Drawn from the data, in the
// colours of the page.

const PICTURE = { width: 960, margin: 24, cell: [9, 22], bar: 22, rows: 8, bars: 12 };

/** The colours of the page as they are now; where the picture is shown nobody knows them by name. */
function pictureColours() {
  const names = ["paper", "ink", "soft", "line", "faint", "accent", "warm", "s1", "s2", "s3", "s4", "s5"];
  return Object.fromEntries(names.map((name) => [name, colour(name)]));
}

/** @typedef {Record<string, string>} Colours */

/** @param {number} x @param {number} y @param {string} text @param {Record<string, string | number>} more */
const lettering = (x, y, text, more) => drawn("text", { x, y, ...more }, text);

/** Letters that can be read on a shade, whether the page is light or dark. @param {Colours} colours @param {number} shade */
function inkOn(colours, shade) {
  if (shade < 3) return colours.ink;
  const [red, green, blue] = (colours[`s${shade}`].match(/[0-9a-f]{2}/gi) ?? []).map((part) => parseInt(part, 16));
  return 0.3 * red + 0.59 * green + 0.11 * blue > 125 ? "#1d1206" : "#ffffff";
}

/**
 * The bytes up to the place and a few after it, as many lines as there is room for; and where they end.
 * @param {Live} live @param {Colours} colours @param {number} top
 * @returns {[SVGElement[], number]}
 */
function pictureText(live, colours, top) {
  const { text, place } = live.view;
  const [wide, high] = PICTURE.cell;
  const columns = Math.floor((PICTURE.width - 2 * PICTURE.margin) / wide);
  const end = Math.min(text.length, place + columns);
  const start = Math.max(0, end - columns * PICTURE.rows);
  const costs = costsOf(live, live.now);
  /** @type {SVGElement[]} */
  const parts = [];
  let [column, row] = [0, 0];
  /** @type {[number, number] | null} */
  let here = null;
  for (let at = start; at < end && row < PICTURE.rows; at++) {
    const [x, y] = [PICTURE.margin + column * wide, top + row * high];
    const shade = costs[at] >= 0 ? shadeOf(costs[at]) : 0;
    if (shade) parts.push(drawn("rect", { x, y, width: wide, height: high - 3, fill: colours[`s${shade}`] }));
    if (at === place) here = [x, y];
    const letter = text[at] === 32 ? "" : shownByte(text[at]);
    /** @type {Record<string, string | number>} */
    const fits = letter.length > 1 ? { textLength: wide, lengthAdjust: "spacingAndGlyphs" } : {};
    const look = { class: "mono", fill: inkOn(colours, shade), "text-anchor": "middle" };
    if (letter) parts.push(lettering(x + wide / 2, y + high - 8, letter, { ...look, ...fits }));
    column++;
    if (column === columns || text[at] === 10) [column, row] = [0, row + 1];
  }
  if (here) {
    const frame = { fill: "none", stroke: colours.accent, "stroke-width": 2 };
    parts.push(drawn("rect", { x: here[0], y: here[1], width: wide, height: high - 3, ...frame }));
  }
  return [parts, top + (row + (column ? 1 : 0)) * high];
}

/**
 * A row of a bar chart. part: from -1 to 1; from: where 0 is, as a share of the width.
 * @typedef {{name: string, told: string, part: number, fill: string}} Bar
 */

/** @param {Bar[]} bars @param {Colours} colours @param {number} left @param {number} top @param {number} width @param {string} title @param {number} names how wide they are @param {boolean} both do they go both ways? */
function pictureBars(bars, colours, left, top, width, title, names, both) {
  const [start, room] = [left + names + 8, width - names - 72];
  const zero = both ? start + room / 2 : start;
  const rows = bars.flatMap(({ name, told, part, fill }, at) => {
    const y = top + 14 + at * PICTURE.bar;
    const size = Math.abs(part) * (both ? room / 2 : room);
    return [
      lettering(left + names, y + 12, name, { class: "mono", fill: colours.ink, "text-anchor": "end" }),
      drawn("rect", { x: part < 0 ? zero - size : zero, y: y + 2, width: size, height: 12, rx: 2, fill }),
      lettering(left + width, y + 12, told, { fill: colours.soft, "text-anchor": "end" }),
    ];
  });
  const axis = both
    ? [drawn("rect", { x: zero, y: top + 14, width: 1, height: bars.length * PICTURE.bar, fill: colours.line })]
    : [];
  return [lettering(left, top, title, { class: "title", fill: colours.ink }), ...axis, ...rows];
}

/** What may come next, or how classes stand. @param {Live} live @param {Colours} colours @returns {Bar[]} */
function likelyBars(live, colours) {
  const { targets, costs } = targetsOf(live);
  const text = Boolean(live.facts.readout);
  const values = targets.slice(0, PICTURE.bars).map((target) => (text ? 2 ** -costs[target] : costs[target]));
  const largest = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  return values.map((value, at) => ({
    name: text ? shownByte(targets[at]) : shownTarget(live, targets[at]),
    told: text ? shownChance(costs[targets[at]]) : value.toLocaleString("en"),
    part: Math.max(0, value) / largest,
    fill: colours.accent,
  }));
}

/** @param {Live} live @param {Colours} colours @param {number} target @returns {Bar[]} */
function causeBars(live, colours, target) {
  const causes = innerCauses(live, causesOf(live, target, null));
  const shown = causes.slice(0, PICTURE.bars);
  const largest = Math.abs(shown[0]?.effect ?? 1);
  return shown.map(({ name, step, byte, instead, effect }) => ({
    name: step === undefined ? name : `‘${shownByte(byte ?? 0)}’ at ${step} if ‘${shownByte(instead ?? 0)}’`,
    told: signed(effect, shownBits),
    part: effect / largest,
    fill: effect > 0 ? colours.accent : colours.warm,
  }));
}

/** Words in lines. @param {string} text @param {number} width in letters */
function linesOf(text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** @param {Live} live @returns {SVGSVGElement} */
function pictureOf(live) {
  const colours = pictureColours();
  const { width, margin } = PICTURE;
  const done = live.done.map(editText).join(", ");
  const parts = [lettering(margin, 40, live.facts.name, { class: "heading", fill: colours.ink })];
  let top = 64;
  if (done)
    parts.push(
      ...linesOf(`with ${done}`, 120)
        .slice(0, 4)
        .map((line) => lettering(margin, (top += 18) - 14, line, { fill: colours.warm })),
    );
  if (live.facts.kind === "text") {
    const [text, end] = pictureText(live, colours, top);
    parts.push(.../** @type {SVGTextElement[]} */ (text));
    top = end + 30;
  }
  const target = askedAbout.get(live);
  if (live.moment && target !== undefined) {
    const answer = document.querySelector("#live-why .answer")?.textContent ?? "";
    for (const line of linesOf(answer, 125))
      parts.push(lettering(margin, (top += 20) - 20, line, { fill: colours.ink }));
    top += 24;
    const half = (width - 2 * margin) / 2;
    const causes = causeBars(live, colours, target);
    const [likely, why] = ["What comes next", `Why ${shownTarget(live, target)}: what each would change, turned alone`];
    parts.push(
      .../** @type {SVGTextElement[]} */ (
        pictureBars(likelyBars(live, colours), colours, margin, top, half - 40, likely, 60, false)
      ),
      .../** @type {SVGTextElement[]} */ (
        pictureBars(causes, colours, margin + half - 20, top, half + 20, why, 210, true)
      ),
    );
    top += PICTURE.bars * PICTURE.bar + 20;
  }
  const height = top + margin;
  const style = `text { font: 13px system-ui, sans-serif } .mono { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace } .heading { font-size: 22px; font-weight: 650 } .title { font-weight: 650 }`;
  const size = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height };
  return drawn("svg", size, drawn("style", {}, style), drawn("rect", { width, height, fill: colours.paper }), ...parts);
}

/** @param {Live} live */
const pictureFile = (live) =>
  new Blob([new XMLSerializer().serializeToString(pictureOf(live))], { type: "image/svg+xml" });

/** @param {Live} live @returns {Promise<Blob>} twice as fine as the picture */
async function pictureAsPng(live) {
  const address = URL.createObjectURL(pictureFile(live));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = element("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done));
    if (!blob) throw new Error("this browser could not draw the picture");
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}
