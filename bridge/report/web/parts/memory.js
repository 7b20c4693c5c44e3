// Memory curves of the bits that are felt longest.

const CURVES = 8;

starts.push((data) => {
  const found = data.influence;
  if (!found) return;
  const highest = Math.max(0.001, ...found.bits.flat());
  plotInto("plot-memory", (place, Plotly) =>
    Plotly.react(
      place,
      found.order.slice(0, CURVES).map((row) => ({
        type: "scatter",
        mode: "lines",
        name: label(found.sources[row]),
        x: found.bits[row].map((_, step) => step + 1),
        y: found.bits[row],
        hovertemplate: `${label(found.sources[row])}: %{y:.4f} bits after %{x} bytes<extra></extra>`,
      })),
      layout({
        xaxis: { title: { text: "bytes later (from 1, not from 0)" }, dtick: 1 },
        yaxis: {
          title: { text: "bits changed (logarithmic, from 0.00001)" },
          type: "log",
          dtick: 1,
          exponentformat: "none",
          range: [-5, Math.log10(highest) + 0.2],
        },
        legend: { font: { family: colour("mono") } },
      }),
      config,
    ),
  );
});
