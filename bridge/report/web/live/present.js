// On the page of a signal: what it is at the place that is looked at, and the way back there.

panels.push((live) => {
  tellers.push((_data, { name }) => {
    const line = valueLine(live, name);
    return (
      line && element("div", { id: "present", "data-name": name }, line, element("a", { href: "#live" }, "See it run"))
    );
  });
  live.watch(() => {
    const place = document.getElementById("present");
    place?.firstElementChild?.replaceWith(valueLine(live, place.dataset.name ?? "") ?? "");
  });
});
