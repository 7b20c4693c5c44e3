// The part of the page that runs the logic: its panels, each a file of web/live, are started once it is ready.

/** @param {string} why */
const sayStill = (why) =>
  byId("live-error").append(
    element(
      "p",
      { className: "warning" },
      `${why}, so the logic cannot run here; the rest of the page can be read all the same.`,
    ),
  );

starts.push(async (data) => {
  if (!data.live) return;
  if (typeof WebAssembly === "undefined") {
    sayStill("This browser has no WebAssembly, or does not allow it");
    return;
  }
  let machine;
  try {
    machine = await Machine.of(data.live, await loadArray(data, "program"));
  } catch (error) {
    sayStill(
      `This browser did not accept the WebAssembly of the logic (${error instanceof Error ? error.message : error})`,
    );
    return;
  }
  const live = new Live(data.live, machine, data);
  Object.assign(window, { live });
  for (const shown of ["live-lead", "live-panels"]) byId(shown).hidden = false;
  for (const begin of panels) guarded(() => begin(live));
  live.advance();
  performance.mark("running");
});
