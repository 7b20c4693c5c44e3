// AND nodes after each step of every flow.

/** @param {number} low */
const startOf = (low) => (low ? ` (from ${low.toLocaleString("en")}, not from 0)` : "");

starts.push(({ runs = [], axis = [0, 1] }) => {
  plotInto("plot-flows", (place, Plotly) =>
    Plotly.react(
      place,
      runs.map((run) => ({
        type: "scatter",
        mode: "lines+markers",
        name: label(run.name),
        y: run.ands,
        hovertemplate: `${label(run.name)}, step %{x}: %{y:,} ANDs<extra></extra>`,
      })),
      layout({
        xaxis: { title: { text: "step" }, dtick: 1, rangemode: "tozero" },
        yaxis: { title: { text: `AND nodes${startOf(axis[0])}` }, tickformat: ",", range: axis },
        legend: { orientation: "h", y: 1.12 },
        showlegend: runs.length > 1,
      }),
      config,
    ),
  );
});
