// The part of the page that runs the logic: its panels, each a file of web/live, are started once it is ready.

starts.push(async (data) => {
  if (!data.live) return;
  try {
    const live = new Live(data.live, await Machine.of(data.live, data.arrays.program), data);
    for (const begin of panels) begin(live);
    byId("live-panels").hidden = false;
    live.advance();
    Object.assign(window, { live });
  } catch (error) {
    const place = byId("live-error");
    place.append(
      element(
        "p",
        { className: "warning" },
        `The logic cannot run in this browser (${error instanceof Error ? error.message : error}); the rest of the page can be read all the same.`,
      ),
    );
  }
});
