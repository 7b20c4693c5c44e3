// One stop of the Tab key for a group of things; arrows move within it.

/** How far an arrow key goes; 0 for other keys. @param {KeyboardEvent} event @param {number} row how far up and down */
function moveOf({ key }, row) {
  if (key === "ArrowRight" || key === "ArrowLeft") return key === "ArrowRight" ? 1 : -1;
  return key === "ArrowDown" ? row : key === "ArrowUp" ? -row : 0;
}

/**
 * Only one of what matches can be reached by Tab, the one that had the focus last; arrows, Home and End go to others.
 * Call it again when the group has changed.
 * @param {HTMLElement} group @param {string} selector @param {() => number} [columns] how far up and down are
 */
function roam(group, selector, columns = () => 1) {
  const all = () => /** @type {HTMLElement[]} */ ([...group.querySelectorAll(selector)]);
  const stops = all();
  const kept = stops.find((stop) => stop === document.activeElement) ?? stops[0];
  for (const stop of stops) stop.tabIndex = stop === kept ? 0 : -1;
  if (group.dataset.roaming) return;
  group.dataset.roaming = "yes";
  group.addEventListener("focusin", ({ target }) => {
    const chosen = /** @type {Element} */ (target).closest(selector);
    if (chosen) for (const stop of all()) stop.tabIndex = stop === chosen ? 0 : -1;
  });
  group.addEventListener("keydown", (event) => {
    const chosen = /** @type {HTMLElement} */ (event.target).closest(selector);
    if (!chosen || event.altKey || event.ctrlKey || event.metaKey) return;
    const listed = all();
    const at = listed.indexOf(/** @type {HTMLElement} */ (chosen));
    const move = moveOf(event, columns());
    const next = event.key === "Home" ? 0 : event.key === "End" ? listed.length - 1 : move ? at + move : NaN;
    if (!listed[next]) return;
    event.preventDefault();
    listed[next].focus();
  });
}
