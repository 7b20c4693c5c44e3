// AND nodes after each step of every flow.

const startOf = (low) => (low ? ` (from ${low.toLocaleString("en")}, not from 0)` : "");

starts.push((data) => {
  plotInto("plot-flows", (place, Plotly) =>
    Plotly.react(
      place,
      data.runs.map((run) => ({
        type: "scatter",
        mode: "lines+markers",
        name: label(run.name),
        y: run.ands,
        hovertemplate: `${label(run.name)}, step %{x}: %{y:,} ANDs<extra></extra>`,
      })),
      layout({
        xaxis: { title: { text: "step" }, dtick: 1, rangemode: "tozero" },
        yaxis: { title: { text: `AND nodes${startOf(data.axis[0])}` }, tickformat: ",", range: data.axis },
        legend: { orientation: "h", y: 1.12 },
        showlegend: data.runs.length > 1,
      }),
      config,
    ),
  );
});
