// On the page of a signal: what it is at the place that is looked at, and the way back there.

/** @param {Live} live @param {Moment | undefined} moment @param {string} name @returns {number[] | null} each of its numbers */
function valuesIn(live, moment, name) {
  const signals = signalsOf(live, name);
  return moment && signals.length ? signals.map((signal) => valueOf(signal, moment.bits)) : null;
}

/** Where that is, in words. @param {Live} live */
const placeWords = ({ facts, view }) =>
  facts.kind === "text" ? `at place ${view.place} of the text` : `in step ${view.place}`;

/** @param {Live} live @param {string} name @returns {string} */
function presentWords(live, name) {
  const now = valuesIn(live, live.moment, name);
  if (!now) return "Nothing is read yet.";
  const before = valuesIn(live, live.unchanged, name);
  const changed = before && String(before) !== String(now) ? `, and ${before.join(" ")} without what is done` : "";
  return `Now ${now.join(" ")}, ${placeWords(live)}${changed}.`;
}

panels.push((live) => {
  tellers.push((_data, { name }) => {
    if (!signalsOf(live, name).length) return null;
    const words = element("output", { id: "present", "data-name": name }, presentWords(live, name));
    return element("p", {}, words, " ", element("a", { href: "#live" }, "See it run"));
  });
  live.watch(() => {
    const words = document.getElementById("present");
    if (words) words.textContent = presentWords(live, words.dataset.name ?? "");
  });
});
