// Switch off a block: each has a button, with what the model would say without it.

const SWITCHED = { most: 24, steps: 2000, pause: 150 }; // blocks, steps that are read again, milliseconds of rest

/** @param {string} name @returns {Edit} */
const switchedOff = (name) => ({ name, value: "0", at: null });

/** @param {Edit} edit @param {string} name */
const switchesOff = (edit, name) => edit.name === name && edit.value === "0" && edit.at === null && !edit.off;

/** Can it be done on top of these? @param {Live} live @param {Edit[]} edits @param {string} name */
const canSwitchOff = (live, edits, name) => !refusalOf(() => checkEdits(live, [...edits, switchedOff(name)]));

/** The blocks that can be held at 0. @param {Live} live */
function switchedOf(live) {
  const blocks = Map.groupBy(live.data.records, ({ block }) => block);
  const inner = [...blocks].filter(([, some]) => some.every(({ kind }) => kind !== "input" && kind !== "output"));
  return inner.map(([block]) => block).filter((block) => canSwitchOff(live, [], block));
}

class BlockSwitches {
  /** @param {Live} live @param {(run: () => void) => void} attempt says what is refused */
  constructor(live, attempt) {
    this.live = live;
    this.timer = 0;
    this.asked = element("p", { className: "count" });
    const blocks = live.facts.kind === "bits" ? [] : switchedOf(live);
    this.chips = (blocks.length > SWITCHED.most ? [] : blocks).map((name) => {
      const says = element("span");
      const turn = () => attempt(() => this.turn(name));
      const button = buttonTo([name, " ", says], turn, { "aria-pressed": "false" });
      return { name, button, says };
    });
    const buttons = this.chips.map(({ button }) => button);
    const chips = element("div", { className: "chips", role: "group", "aria-label": "Blocks to switch off" }, buttons);
    this.box = element("div", { className: "switched", hidden: !buttons.length }, this.asked, chips);
  }

  /** @param {string} name */
  turn(name) {
    const { live } = this;
    const kept = live.view.edits.filter((edit) => !switchesOff(edit, name));
    if (kept.length < live.view.edits.length) live.change({ edits: kept }, true);
    else doEdit(live, switchedOff(name));
  }

  update() {
    for (const { name, button } of this.chips)
      button.ariaPressed = String(this.live.view.edits.some((edit) => switchesOff(edit, name)));
    clearTimeout(this.timer);
    if (this.chips.length) this.timer = window.setTimeout(() => guarded(() => this.say()), SWITCHED.pause);
  }

  /** What the model would say with each of them off, on top of what is done. */
  say() {
    const { live } = this;
    const { place } = live.view;
    if (!live.ready) return;
    const known = live.moment !== undefined && place <= SWITCHED.steps;
    const now = known ? targetsOf(live).targets[0] : -1;
    const open = known ? this.chips.filter(({ name }) => canSwitchOff(live, live.view.edits, name)) : [];
    const sets = open.map(({ name }) => changesIn(live, [switchedOff(name)], place - 1));
    const said = saidIf(live, place, sets, 0);
    const name = known ? shownTarget(live, now) : "";
    const what = live.facts.readout
      ? `${name} comes next. Click a block to switch it off: → is what comes then.`
      : `It says ${name}. Click a block to switch it off: → is what it says then.`;
    this.asked.textContent = known ? what : "A block at a time:";
    for (const chip of this.chips) {
      const next = said[open.indexOf(chip)];
      chip.says.textContent = next === undefined || next === now ? "" : `→ ${shownTarget(live, next)}`;
      chip.button.classList.toggle("other", next !== undefined && next !== now);
    }
  }
}
