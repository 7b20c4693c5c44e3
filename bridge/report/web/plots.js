// What plots share: when they are drawn, their axes, and lines over steps.

/** @type {Map<string, () => void>} what draws each plot again */
const redraw = new Map();

const COLOURS = ["var(--accent)", "var(--warm)", "#7a6fb0", "#8a9a3b", "#b0587e", "#4f7fc0", "#9a7b4f", "#6b7480"];

/** A variable of page.css. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/**
 * Draw when the place is near the window, and again when its size or the colours change.
 * @param {string} id @param {(place: HTMLElement) => void} draw
 */
function plotInto(id, draw) {
  const place = document.getElementById(id);
  if (!place) return;
  redraw.set(id, () => {
    if (place.clientWidth) draw(place); // what is not shown has no size, and is drawn once it is
  });
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      let width = 0;
      new ResizeObserver(() => {
        if (place.clientWidth && place.clientWidth !== width) draw(place);
        width = place.clientWidth;
      }).observe(place);
    },
    { rootMargin: "400px" },
  );
  watcher.observe(place);
}

function drawAll() {
  redraw.forEach((draw) => draw());
}

/**
 * Whole steps of 1, 2 or 5 and zeros, about so many.
 * @param {number} low @param {number} high @param {number} [count]
 */
function roundTicks(low, high, count = 6) {
  const power = 10 ** Math.floor(Math.log10(Math.max(high - low, 1) / count));
  const step =
    [1, 2, 5, 10].map((digit) => Math.max(1, digit * power)).find((size) => (high - low) / size <= count) ?? 1;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, at) => (first + at) * step);
}

/**
 * The names of both axes, around the box left, top, right, bottom.
 * @param {number[]} box @param {[string, string]} names @param {number} height
 */
function axisNames([left, top, right, bottom], [across, up], height) {
  const middle = (top + bottom) / 2;
  return [
    drawn("text", { class: "xtitle", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, across),
    drawn(
      "text",
      { class: "ytitle", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` },
      up,
    ),
  ];
}

/**
 * Lines over steps, from the step `first` on. names: of the axes; ticks: value and word, where values are as they are
 * drawn, between low and high; say: what a point is, in words.
 * @typedef {{lines: {name: string, values: number[]}[], first: number, names: [string, string], low: number,
 *   high: number, ticks: [number, string][], say: (line: number, at: number) => string}} Curves
 */

/** @param {HTMLElement} place @param {Curves} curves */
function drawCurves(place, curves) {
  const { lines, first, low, high } = curves;
  const key = lines.map(({ name }, at) => element("span", {}, swatch(COLOURS[at % COLOURS.length]), name));
  const svg = drawn("svg", { "aria-hidden": "true" });
  place.replaceChildren(...(lines.length > 1 ? [element("p", { className: "key" }, ...key)] : []), svg);
  const [width, height] = [svg.clientWidth, svg.clientHeight];
  const box = [84, 24, width - 12, height - 42];
  const last = Math.max(first + 1, ...lines.map(({ values }) => first + values.length - 1));
  const x = (/** @type {number} */ step) => box[0] + ((step - first) / (last - first)) * (box[2] - box[0]);
  const y = (/** @type {number} */ value) => box[3] - ((value - low) / Math.max(high - low, 1e-9)) * (box[3] - box[1]);
  for (const [value, word] of curves.ticks) {
    svg.append(drawn("line", { class: "grid", x1: box[0], x2: box[2], y1: y(value), y2: y(value) }));
    svg.append(drawn("text", { x: box[0] - 8, y: y(value) + 4, "text-anchor": "end" }, word));
  }
  for (const step of roundTicks(first, last, Math.min(20, width / 50)))
    svg.append(drawn("text", { x: x(step), y: box[3] + 16, "text-anchor": "middle" }, `${step}`));
  const view = { x: box[0] - 4, y: box[1] - 4, width: box[2] - box[0] + 8, height: box[3] - box[1] + 8 };
  const inside = drawn("svg", { ...view, viewBox: Object.values(view).join(" ") }); // what is below the axis is not drawn
  lines.forEach(({ values }, at) => {
    const points = values.map((value, step) => `${x(first + step)},${y(value)}`);
    const style = `color: ${COLOURS[at % COLOURS.length]}`;
    inside.append(drawn("polyline", { style, points: points.join(" ") }));
    for (const point of points) inside.append(drawn("path", { style, d: `M${point}h0` }));
  });
  svg.append(inside);
  svg.append(...axisNames(box, curves.names, height));
  const told = drawn("text", { class: "told", x: box[2], y: 14, "text-anchor": "end" });
  const mark = drawn("circle", { r: 5, visibility: "hidden" });
  svg.append(told, mark);
  svg.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    const found = nearest(curves, (line, at) =>
      Math.hypot(x(first + at) - offsetX, y(lines[line].values[at]) - offsetY),
    );
    if (!found) return;
    told.textContent = curves.say(...found);
    mark.setAttribute("cx", String(x(first + found[1])));
    mark.setAttribute("cy", String(y(lines[found[0]].values[found[1]])));
    mark.setAttribute("visibility", "visible");
  });
}

/** @param {string} shade */
const swatch = (shade) => element("i", { style: `background: ${shade}` });

/**
 * The line and the place in it of the point that is least away.
 * @param {Curves} curves @param {(line: number, at: number) => number} away @returns {[number, number] | null}
 */
function nearest({ lines, low }, away) {
  /** @type {[number, number] | null} */
  let best = null;
  lines.forEach(({ values }, line) =>
    values.forEach((value, at) => {
      if (value < low) return;
      if (!best || away(line, at) < away(...best)) best = [line, at];
    }),
  );
  return best;
}
