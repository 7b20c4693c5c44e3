// Plots by plotly: inflated when first needed, coloured by the page's own variables.

/** @type {any} a promise of the library, which has no types here */
let plotly = null;
/** @type {Map<string, () => Promise<void>>} what draws each plot again */
const redraw = new Map();

function withPlotly() {
  plotly ||= (async () => {
    const script = document.createElement("script");
    script.textContent = await unpackText("plotly");
    document.head.append(script);
    return /** @type {any} */ (window).Plotly;
  })();
  return plotly;
}

/** A variable of page.css. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Plotly reads some HTML in labels; names are not HTML. @param {string | number} text */
const label = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** @param {Record<string, any>} more */
function layout(more) {
  const axis = {
    gridcolor: colour("line"),
    zerolinecolor: colour("line"),
    linecolor: colour("line"),
    automargin: true,
  };
  const { xaxis, yaxis, ...rest } = more;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 60, r: 16, t: 10, b: 44 },
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("soft") },
    xaxis: { ...axis, ...xaxis },
    yaxis: { ...axis, ...yaxis },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("soft"), activecolor: colour("accent") },
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
    colorway: [colour("accent"), colour("warm"), "#7a6fb0", "#8a9a3b", "#b0587e", "#4f7fc0", "#9a7b4f", "#6b7480"],
    ...rest,
  };
}

const config = { responsive: true, displaylogo: false, displayModeBar: false };

/**
 * Draw when the place is near the window, and again when the colours change.
 * @param {string} id @param {(place: any, Plotly: any) => unknown} draw
 */
function plotInto(id, draw) {
  const place = document.getElementById(id);
  if (!place) return;
  const now = async () => {
    await draw(place, await withPlotly());
  };
  redraw.set(id, now);
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      now();
    },
    { rootMargin: "400px" },
  );
  watcher.observe(place);
}

function drawAll() {
  return Promise.all([...redraw.values()].map((draw) => draw()));
}
