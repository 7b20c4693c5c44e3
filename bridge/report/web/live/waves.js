// The pictures of what is followed: one canvas, of which only what can be seen is drawn.

const [HEAD_HIGH, ROW_HIGH, ROW_PAD] = [24, 30, 5]; // pixels

/**
 * What is drawn of a row, by column from the first one on.
 * @typedef {{row: Watched, now: number[], before: number[]}} Trace
 */

/** @param {Following} following @param {Watched[]} rows */
function drawRows(following, rows) {
  const { live, canvas, view, zoom, steps } = following;
  const [width, height] = [view.clientWidth, HEAD_HIGH + ROW_HIGH * rows.length];
  const sharp = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * sharp) || canvas.height !== Math.round(height * sharp)) {
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  pen.clearRect(0, 0, width, height);
  const first = Math.floor(view.scrollLeft / zoom);
  const last = Math.min(steps, first + Math.ceil(width / zoom) + 1);
  pen.translate(-view.scrollLeft, 0);
  const colours = Object.fromEntries(
    ["accent", "warm", "ink", "soft", "line", "was", "accent-soft", "s2"].map((name) => [name, colour(name)]),
  );
  drawPlace(pen, live.view.place, zoom, height, colours);
  drawBytes(pen, live, zoom, first, last, colours);
  rows.forEach((row, at) => {
    const [now, before] = [live.now, live.plain].map((reading) =>
      Array.from({ length: Math.max(0, last - first) }, (_, at) => followedAt(live, row, reading, first + at)),
    );
    pen.save();
    pen.translate(0, HEAD_HIGH + ROW_HIGH * at);
    pen.fillStyle = colours.line;
    pen.fillRect(first * zoom, ROW_HIGH - 1, (last - first) * zoom, 1);
    drawTrace(pen, { row, now, before }, zoom, first, colours);
    pen.restore();
  });
}

/** @param {CanvasRenderingContext2D} pen @param {number} place @param {number} zoom @param {number} height @param {Record<string, string>} colours */
function drawPlace(pen, place, zoom, height, colours) {
  if (!place) return;
  pen.fillStyle = colours["accent-soft"];
  pen.fillRect((place - 1) * zoom, 0, Math.max(zoom, 2), height);
}

/** @param {CanvasRenderingContext2D} pen @param {Live} live @param {number} zoom @param {number} first @param {number} last @param {Record<string, string>} colours */
function drawBytes(pen, live, zoom, first, last, colours) {
  const text = live.facts.kind === "text";
  const every = text ? Math.max(1, Math.ceil(8 / zoom)) : Math.max(1, Math.ceil(24 / zoom));
  if (text && every > 1) return;
  pen.fillStyle = colours.ink;
  pen.font = `13px ${colour("mono")}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (let step = first; step < last; step++) {
    if (step % every) continue;
    const shown = text ? shownStep(live.view.text[step]) : String(step + 1);
    pen.fillText(shown, (step + 0.5) * zoom, HEAD_HIGH / 2, text ? Math.max(zoom * 1.3, 8) : undefined);
  }
}

/** A byte in the room of one letter. @param {number} byte */
function shownStep(byte) {
  if (byte === 32) return "␣";
  if (byte === 10) return "⏎";
  return byte > 32 && byte < 127 ? String.fromCharCode(byte) : "·";
}

/** @param {CanvasRenderingContext2D} pen @param {Trace} trace @param {number} zoom @param {number} first @param {Record<string, string>} colours */
function drawTrace(pen, { row, now, before }, zoom, first, colours) {
  const known = [...now, ...before].filter(Number.isFinite);
  const low = row.kind === "bit" ? 0 : Math.min(0, ...known);
  const high =
    { bit: 1, block: row.bits.length, probability: 1, surprise: Math.max(8, ...known) }[String(row.kind)] ??
    Math.max(0, low + 1, ...known);
  const heightOf = (/** @type {number} */ value) =>
    ROW_HIGH - ROW_PAD - ((value - low) / (high - low)) * (ROW_HIGH - 2 * ROW_PAD);
  now.forEach((value, at) => {
    if (!Number.isFinite(value) || value === before[at]) return;
    if (followedText(row, value) === followedText(row, before[at])) return; // too near to be told apart
    pen.fillStyle = colours.s2;
    pen.fillRect((first + at) * zoom, 1, zoom, ROW_HIGH - 3);
  });
  const differ = now.some((value, at) => value !== before[at]);
  if (differ) drawStairs(pen, before, zoom, first, heightOf, colours.was, row.kind !== "bit");
  drawStairs(pen, now, zoom, first, heightOf, differ ? colours.warm : colours.accent, row.kind !== "bit");
  if (row.kind === "bit" || zoom < 20) return;
  pen.fillStyle = colours.soft;
  pen.font = "9px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "top";
  now.forEach((value, at) => {
    if (Number.isFinite(value)) pen.fillText(shortNumber(value), (first + at + 0.5) * zoom, 1, zoom - 2);
  });
}

/** @param {number} value */
const shortNumber = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1));

/**
 * A line that keeps each value for its step; filled down to the ground if it is more than a bit.
 * @param {CanvasRenderingContext2D} pen @param {number[]} values @param {number} zoom @param {number} first
 * @param {(value: number) => number} heightOf @param {string} ink @param {boolean} filled
 */
function drawStairs(pen, values, zoom, first, heightOf, ink, filled) {
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = 1.5;
  const ground = heightOf(0);
  if (filled) {
    pen.globalAlpha = 0.25;
    values.forEach((value, at) => {
      if (Number.isFinite(value)) pen.fillRect((first + at) * zoom, heightOf(value), zoom, ground - heightOf(value));
    });
    pen.globalAlpha = 1;
  }
  pen.beginPath();
  let open = false;
  values.forEach((value, at) => {
    if (!Number.isFinite(value)) {
      open = false;
      return;
    }
    const [left, height] = [(first + at) * zoom, heightOf(value)];
    if (open) pen.lineTo(left, height);
    else pen.moveTo(left, height);
    pen.lineTo(left + zoom, height);
    open = true;
  });
  pen.stroke();
}
