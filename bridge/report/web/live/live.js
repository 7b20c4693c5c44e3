// What the live page shows, and who is told when it changes.

/**
 * Something that is done, as --do has it: NAME=VALUE, or NAME@AT=VALUE in step AT alone. value: as there, or "other":
 * what the bits were in the other text in the same step, or "other@AT", in step AT. off: it is kept, but not done.
 * @typedef {{name: string, value: string, at: number | null, off?: boolean}} Edit
 */

/**
 * All that is chosen; it can be shared and undone. place: how many steps are read before what is looked at: the byte
 * that is expected is text[place], after step place - 1. steps: of models that read no text, the elements of each step.
 * @typedef {object} View
 * @property {Uint8Array} text
 * @property {Uint8Array | null} other a second text, side by side
 * @property {number[][]} steps
 * @property {number} place
 * @property {string[]} pins
 * @property {Edit[]} edits
 */

const MOST_UNDONE = 500; // each may hold a text, or all that is given
const BUDGET = 24; // milliseconds of reading at a time, so that typing is never held up

class Live {
  /** @param {LiveFacts} facts @param {Machine} machine @param {PageData} data */
  constructor(facts, machine, data) {
    this.facts = facts;
    this.machine = machine;
    this.data = data;
    /** @type {View} */
    this.view = { text: new Uint8Array(), other: null, steps: [], place: 0, pins: [], edits: [] };
    /** The text as it is read without and with what is done, and the other text. */
    this.plain = new Reading(machine);
    this.now = this.plain;
    this.other = new Reading(machine);
    /** What undoing and redoing would change. @type {Partial<View>[]} */
    this.past = [];
    /** @type {Partial<View>[]} */
    this.future = [];
    /** @type {(() => void)[]} */
    this.watchers = [];
    /** Is everything read? */
    this.ready = false;
    this.names = new Map(facts.bits.map((name, bit) => [name, bit]));
  }

  /** Call it now, and whenever something changes or more is read. @param {(live: Live) => void} watcher */
  watch(watcher) {
    const told = () => guarded(() => watcher(this));
    this.watchers.push(told);
    told();
  }

  /**
   * Change what is shown. undoable: can one go back to what was before? Typing and moving about cannot be undone here.
   * @param {Partial<View>} change @param {boolean} [undoable]
   */
  change(change, undoable = false) {
    if (undoable) {
      if (this.past.push(this.before(change)) > MOST_UNDONE) this.past.shift();
      this.future = [];
    }
    this.show({ ...this.view, ...change });
  }

  /** What the same are now. @param {Partial<View>} change @returns {Partial<View>} */
  before(change) {
    return Object.fromEntries(Object.entries(this.view).filter(([key]) => key in change));
  }

  undo() {
    this.swap(this.past, this.future);
  }

  redo() {
    this.swap(this.future, this.past);
  }

  /** What was changed is as it was; all else stays. @param {Partial<View>[]} from @param {Partial<View>[]} to */
  swap(from, to) {
    const change = from.pop();
    if (!change) return;
    to.push(this.before(change));
    this.change(change);
  }

  /** @param {View} view */
  show(view) {
    const before = this.view;
    const length = stepsOf(this.facts, view).length;
    this.view = { ...view, place: Math.min(Math.max(view.place, 0), length) };
    if (before.edits !== view.edits || before.other !== view.other) this.now = readingOf(this);
    this.advance();
  }

  /** Read on, a little at a time, and tell. */
  advance() {
    const deadline = performance.now() + BUDGET;
    const steps = stepsOf(this.facts, this.view);
    const others = bytesGiven(this.view.other ?? new Uint8Array());
    // Each is asked, whatever the others say: what no longer fits the text must not stand.
    const read = [this.other.read(others, deadline), this.plain.read(steps, deadline), this.now.read(steps, deadline)];
    this.ready = read.every(Boolean);
    this.watchers.forEach((told) => told());
    if (this.ready) return;
    const { view } = this;
    setTimeout(() => {
      if (this.view === view) this.advance();
    });
  }

  /** What is looked at: the step before the place; undefined where nothing is read yet. */
  get moment() {
    return this.now.moments[this.view.place - 1];
  }

  /** What is done now: the edits that are not switched off. */
  get done() {
    return this.view.edits.filter((edit) => !edit.off);
  }

  /** The same without what is done. */
  get unchanged() {
    return this.plain.moments[this.view.place - 1];
  }
}

const BYTES = Array.from({ length: 256 }, (_, byte) => [byte]);

/** Made once for each text, which is asked for many times while it is read. @type {WeakMap<Uint8Array, number[][]>} */
const givenBy = new WeakMap();

/** What is given while each byte of a text is read. @param {Uint8Array} text not changed any more */
function bytesGiven(text) {
  const given = givenBy.get(text) ?? Array.from(text, (byte) => BYTES[byte]);
  givenBy.set(text, given);
  return given;
}

/** What is read, step by step. @param {LiveFacts} facts @param {View} view @returns {ArrayLike<number>[]} */
function stepsOf(facts, view) {
  return facts.kind === "text" ? bytesGiven(view.text) : view.steps;
}

/** The reading with what is done. @param {Live} live */
function readingOf(live) {
  const { done } = live;
  if (!done.length) return live.plain;
  const reading = new Reading(live.machine, (step) => changesIn(live, done, step));
  reading.begin(live.plain, Math.min(...done.map((edit) => edit.at ?? 0)));
  return reading;
}
