// Models that read no text are given numbers, step by step: the steps, and which of them is shown.

const MOST_STEPS = 1000;

/** Can what it is given matter later? @param {Live} live */
const remembers = (live) => live.facts.resets.length > 0;

/** Which step is shown. @param {Live} live */
const stepShown = (live) => Math.max(live.view.place - 1, 0);

/** What is given in the step that is shown. @param {Live} live @returns {number[]} */
const givenNow = (live) => live.view.steps[stepShown(live)] ?? nothingGiven(live.facts);

/** Every element 0, or as near to it as it can be. @param {LiveFacts} facts */
const nothingGiven = ({ elements }) => elements.map(({ low, high }) => Math.min(Math.max(low, 0), high));

/** Give other numbers in the step that is shown. @param {Live} live @param {number[]} elements @param {boolean} undoable */
function give(live, elements, undoable) {
  const steps = live.view.steps.slice();
  steps[stepShown(live)] = elements;
  live.change({ steps, place: stepShown(live) + 1 }, undoable);
}

/**
 * The steps as a row of buttons, and what can be done with them; nothing for a model that remembers nothing.
 * @param {Live} live @param {(moment: Moment) => string} told what each step gave, in few words
 */
function stepsOfRows(live, told) {
  const list = element("ol", { className: "steps", "aria-label": "Steps from reset" });
  /** @param {string} words @param {string} title @param {() => Partial<View> | null} change */
  const button = (words, title, change) => {
    const act = () => {
      const wanted = change();
      if (wanted) live.change(wanted, true);
    };
    return buttonTo(words, act, { title });
  };
  const room = () => live.view.steps.length < MOST_STEPS;
  const bar = element(
    "div",
    { className: "tools", role: "group", "aria-label": "Change the steps" },
    button("Step", "One step further, given the same again", () => stepOn(live, room())),
    button("Repeat 10 times", "Ten steps further, given the same again", () => {
      const steps = live.view.steps.toSpliced(stepShown(live) + 1, 0, ...Array(room() ? 10 : 0).fill(givenNow(live)));
      return { steps: steps.slice(0, MOST_STEPS), place: Math.min(stepShown(live) + 11, MOST_STEPS) };
    }),
    button("Remove this step", "What comes later moves up", () => {
      const steps = live.view.steps.toSpliced(stepShown(live), 1);
      return steps.length ? { steps, place: Math.max(stepShown(live), 1) } : null;
    }),
    button("From reset", "Remove all steps but this one", () => ({ steps: [givenNow(live)], place: 1 })),
  );
  live.watch(() => stepChips(live, list, told));
  return element("div", { className: "steps-of-rows" }, bar, list);
}

/** The next step if there is one, else a new one with the same numbers. @param {Live} live @param {boolean} room */
function stepOn(live, room) {
  const { steps, place } = live.view;
  if (place < steps.length) return { place: place + 1 };
  return room ? { steps: [...steps, givenNow(live)], place: steps.length + 1 } : null;
}

/** @param {Live} live @param {HTMLElement} list @param {(moment: Moment) => string} told */
function stepChips(live, list, told) {
  while (list.children.length > live.view.steps.length) list.lastChild?.remove();
  live.view.steps.forEach((_, step) => {
    const item = list.children[step] ?? list.appendChild(stepItem(live, step));
    const [moment, before] = [live.now.moments[step], live.plain.moments[step]];
    const words = moment ? told(moment) : "…";
    const chosen = step === stepShown(live);
    const { firstElementChild: button } = item;
    if (!button) return;
    button.lastChild?.replaceWith(words);
    button.classList.toggle("changed", Boolean(moment && before) && told(before) !== words);
    if (chosen) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  roam(list, "button");
}

/** @param {Live} live @param {number} step */
function stepItem(live, step) {
  const words = [element("small", {}, String(step + 1)), ""];
  return element(
    "li",
    {},
    buttonTo(words, () => live.change({ place: step + 1 })),
  );
}
