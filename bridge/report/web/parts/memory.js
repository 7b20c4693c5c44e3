// Memory curves of the bits that are felt longest.

const CURVES = 8;
const LEAST = -5; // the power of ten that the axis starts at

/** The largest entry. @param {number[][]} rows */
const highest = (rows) => rows.flat().reduce((most, value) => Math.max(most, value), 0);

starts.push((data) => {
  const found = data.influence;
  if (!found) return;
  const shown = found.order.slice(0, CURVES);
  const power = (/** @type {number} */ bits) => Math.log10(Math.max(bits, 1e-9));
  const high = power(Math.max(0.001, highest(found.bits))) + 0.2;
  plotInto("plot-memory", (place) =>
    drawCurves(place, {
      lines: shown.map((row) => ({ name: found.sources[row], values: found.bits[row].map(power) })),
      first: 1,
      names: ["bytes later (from 1, not from 0)", "bits changed (logarithmic, from 0.00001)"],
      low: LEAST,
      high,
      ticks: Array.from({ length: Math.floor(high) - LEAST + 1 }, (_, at) => [
        LEAST + at,
        `${+(10 ** (LEAST + at)).toFixed(5)}`,
      ]),
      say: (line, at) =>
        `${found.sources[shown[line]]}: ${found.bits[shown[line]][at].toFixed(4)} bits after ${plural(at + 1, "byte")}`,
    }),
  );
});
