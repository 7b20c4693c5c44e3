// A matrix as a picture: a canvas for the entries, and over it the axes, what is pointed at, and a part to look into.

/**
 * What is drawn: values by row, and a sentence for each entry. shades: the colours of `low`, of a little more, and of
 * `high`, or of the answers 0, 1, ...; key: values and words for the legend; ticks: places and words of an axis, of the
 * names that are in view; ends: after which places lines are drawn.
 * @typedef {{size: number, name: string, ticks: (range: Span) => [number, string][], ends: number[]}} Axis
 * @typedef {[number, number]} Span places from .. to, the last one left out
 * @typedef {{rows: Axis, columns: Axis, z: ArrayLike<number>[], shade: (value: number) => number[], key: [number, string][],
 *   title: string, say: (row: number, at: number) => string, open: (row: number) => void}} MatrixPicture
 */

const LETTER = 7; // pixels
const LEAST_DRAG = 5;

/** A colour of the page in red, green and blue. @param {string} name */
function channels(name) {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return [0, 0, 0];
  pen.fillStyle = colour(name);
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/** Shades between colours that stand at rising values. @param {[number, number[]][]} stops @returns {(value: number) => number[]} */
function shadesOf(stops) {
  return (value) => {
    const after = stops.findIndex(([stop]) => value <= stop);
    if (after <= 0) return stops.at(after)?.[1] ?? [0, 0, 0];
    const [[from, one], [to, other]] = [stops[after - 1], stops[after]];
    return one.map((part, at) => part + ((value - from) / (to - from)) * (other[at] - part));
  };
}

/** The picture in a place, of which a part can be looked into. */
class Heatmap {
  /** @param {HTMLElement} place @param {MatrixPicture} picture @param {HTMLElement} readout @param {HTMLButtonElement} whole */
  constructor(place, picture, readout, whole) {
    this.place = place;
    this.picture = picture;
    this.readout = readout;
    this.whole = whole;
    this.rows = /** @type {Span} */ ([0, picture.rows.size]);
    this.columns = /** @type {Span} */ ([0, picture.columns.size]);
    this.box = [0, 0, 1, 1]; // left, top, right, bottom
    whole.onclick = () => this.look([0, picture.rows.size], [0, picture.columns.size]);
    this.look(this.rows, this.columns);
  }

  /** Draw what lies in these ranges. @param {Span} rows @param {Span} columns */
  look(rows, columns) {
    const { picture } = this;
    this.rows = rows;
    this.columns = columns;
    this.whole.hidden = rows[1] - rows[0] === picture.rows.size && columns[1] - columns[0] === picture.columns.size;
    if (!picture.rows.size || !picture.columns.size) {
      this.place.replaceChildren(element("p", {}, "There are no such signals."));
      return;
    }
    const key = picture.key.map(([value, word]) => element("span", {}, swatch(`rgb(${picture.shade(value)})`), word));
    const canvas = element("canvas");
    const svg = drawn("svg", { "aria-hidden": "true" });
    const frame = element("div", { className: "frame" }, canvas, svg);
    this.place.replaceChildren(element("p", { className: "key" }, picture.title, ...key), frame);
    const [width, height] = [frame.clientWidth, frame.clientHeight];
    const ticks = { rows: picture.rows.ticks(rows), columns: picture.columns.ticks(columns) };
    const longest = (/** @type {[number, string][]} */ some) => Math.max(2, ...some.map(([, word]) => word.length));
    const left = 34 + Math.min(width / 3, LETTER * longest(ticks.rows));
    const bottom = 40 + Math.min(height / 4, 0.6 * LETTER * longest(ticks.columns));
    this.box = [left, 4, width - 8, height - bottom];
    this.paint(canvas);
    this.axes(svg, ticks, height);
    this.listen(svg);
  }

  /** @param {HTMLCanvasElement} canvas */
  paint(canvas) {
    const { picture, rows, columns, box } = this;
    const [wide, high] = [box[2] - box[0], box[3] - box[1]].map((size) => Math.max(1, Math.round(size)));
    canvas.style.cssText = `left: ${box[0]}px; top: ${box[1]}px; width: ${wide}px; height: ${high}px`;
    const sharp = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [wide, high].map((size) => Math.round(size * sharp));
    const pen = canvas.getContext("2d");
    if (!pen) return;
    const image = pen.createImageData(canvas.width, canvas.height);
    /** @type {Map<number, number[]>} */
    const known = new Map();
    for (let y = 0, at = 0; y < canvas.height; y++) {
      const row = picture.z[Math.floor(rows[0] + (y * (rows[1] - rows[0])) / canvas.height)];
      for (let x = 0; x < canvas.width; x++, at += 4) {
        const value = row[Math.floor(columns[0] + (x * (columns[1] - columns[0])) / canvas.width)];
        const shade = known.get(value) ?? picture.shade(value);
        known.set(value, shade);
        image.data.set(shade, at);
        image.data[at + 3] = 255;
      }
    }
    pen.putImageData(image, 0, 0);
  }

  /** @param {SVGElement} svg @param {{rows: [number, string][], columns: [number, string][]}} ticks @param {number} height */
  axes(svg, ticks, height) {
    const { picture, rows, columns, box } = this;
    const [left, top, right, bottom] = box;
    const x = (/** @type {number} */ place) =>
      left + ((place - columns[0]) / (columns[1] - columns[0])) * (right - left);
    const y = (/** @type {number} */ place) => top + ((place - rows[0]) / (rows[1] - rows[0])) * (bottom - top);
    const inside = (/** @type {number} */ end, /** @type {Span} */ range) => end > range[0] && end < range[1];
    for (const end of picture.columns.ends.filter((end) => inside(end, columns)))
      svg.append(drawn("line", { class: "grid", x1: x(end), x2: x(end), y1: top, y2: bottom }));
    for (const end of picture.rows.ends.filter((end) => inside(end, rows)))
      svg.append(drawn("line", { class: "grid", x1: left, x2: right, y1: y(end), y2: y(end) }));
    svg.append(drawn("rect", { class: "grid", x: left, y: top, width: right - left, height: bottom - top }));
    for (const [place, word] of ticks.rows)
      svg.append(drawn("text", { class: "row", x: left - 6, y: y(place + 0.5) + 4, "text-anchor": "end" }, word));
    for (const [place, word] of ticks.columns) {
      const turn = `translate(${x(place + 0.5) + 4} ${bottom + 12}) rotate(-35)`;
      svg.append(drawn("text", { class: "column", "text-anchor": "end", transform: turn }, word));
    }
    svg.append(...axisNames(box, [picture.columns.name, picture.rows.name], height));
  }

  /** The entry at a point, row and column. @param {{offsetX: number, offsetY: number}} point @returns {[number, number]} */
  entry({ offsetX, offsetY }) {
    const { rows, columns, box } = this;
    const within = (/** @type {number} */ part, /** @type {Span} */ [from, to]) =>
      Math.min(to - 1, Math.max(from, Math.floor(from + part * (to - from))));
    return [
      within((offsetY - box[1]) / (box[3] - box[1]), rows),
      within((offsetX - box[0]) / (box[2] - box[0]), columns),
    ];
  }

  /** @param {SVGElement} svg */
  listen(svg) {
    const { box, picture } = this;
    /** @type {{offsetX: number, offsetY: number} | null} where a part to look into begins */
    let from = null;
    const part = drawn("rect", { class: "part" });
    svg.append(part);
    const inside = (/** @type {PointerEvent} */ event) =>
      event.offsetX > box[0] && event.offsetX < box[2] && event.offsetY > box[1] && event.offsetY < box[3];
    const long = (/** @type {PointerEvent} */ event) =>
      from !== null && Math.hypot(event.offsetX - from.offsetX, event.offsetY - from.offsetY) > LEAST_DRAG;
    svg.addEventListener("pointerdown", (event) => {
      if (!inside(event)) return;
      from = { offsetX: event.offsetX, offsetY: event.offsetY };
      if (event.pointerType === "mouse") svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointercancel", () => {
      from = null;
    });
    svg.addEventListener("pointermove", (event) => {
      if (inside(event)) this.readout.textContent = picture.say(...this.entry(event));
      if (!from || !long(event)) return;
      const [[x, width], [y, height]] = [
        [from.offsetX, event.offsetX, box[0], box[2]],
        [from.offsetY, event.offsetY, box[1], box[3]],
      ].map(([one, other, low, high]) => {
        const [start, end] = [one, Math.min(high, Math.max(low, other))].sort((left, right) => left - right);
        return [start, end - start];
      });
      for (const [name, value] of Object.entries({ x, y, width, height })) part.setAttribute(name, `${value}`);
    });
    svg.addEventListener("pointerup", (event) => {
      if (!from) return;
      const [one, other] = [this.entry(from), this.entry(event)];
      const dragged = long(event);
      from = null;
      const [rows, columns] = [0, 1].map(
        (axis) => /** @type {Span} */ ([Math.min(one[axis], other[axis]), Math.max(one[axis], other[axis]) + 1]),
      );
      if (dragged) this.look(rows, columns);
      else picture.open(one[0]);
    });
  }
}
