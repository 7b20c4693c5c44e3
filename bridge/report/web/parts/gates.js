// AND nodes after each step of every flow.

/** @param {number} low */
const startOf = (low) => (low ? ` (from ${low.toLocaleString("en")}, not from 0)` : "");

starts.push(({ runs = [], axis: [low, high] = [0, 1] }) => {
  plotInto("plot-flows", (place) =>
    drawCurves(place, {
      lines: runs.map((run) => ({ name: run.name, values: run.ands })),
      first: 0,
      names: ["step", `AND nodes${startOf(low)}`],
      low,
      high,
      ticks: roundTicks(low, high).map((count) => [count, count.toLocaleString("en")]),
      say: (line, at) => `${runs[line].name}, step ${at}: ${plural(runs[line].ands[at], "AND")}`,
    }),
  );
});
