// Touch a signal or a byte: a small menu of what can be done to it.

const MANY_VALUES = 5; // of a number, up to which each is offered

/** @typedef {{label: string, run: () => void, checked?: boolean, href?: string}} Choice_ */

/** Put it among what is done, in the place of what was done to the same; Refusal if something else meets it. @param {Live} live @param {Edit} edit */
function doEdit(live, edit) {
  const meets = (/** @type {Edit} */ other) => other.at === null || edit.at === null || other.at === edit.at;
  const others = live.view.edits.filter((other) => other.name !== edit.name || !meets(other));
  const edits = [...others, edit];
  checkEdits(live, edits);
  live.change({ edits }, true);
}

/** @param {Live} live @param {string} name */
function undoTo(live, name) {
  live.change({ edits: live.view.edits.filter((edit) => edit.name !== name) }, true);
}

/** @param {Live} live @param {string} name */
function togglePin(live, name) {
  const { pins } = live.view;
  live.change({ pins: pins.includes(name) ? pins.filter((pin) => pin !== name) : [...pins, name] }, true);
}

/** What a signal is now, and was without what is done; "" where nothing is read. @param {Live} live @param {Signal[]} signals */
function presentOf(live, signals) {
  const { moment, unchanged } = live;
  if (!moment || !unchanged || !signals.length) return "";
  if (signals.length > 1) {
    const ones = signals.filter((signal) => valueOf(signal, moment.bits)).length;
    const differ = signals.filter((signal) => valueOf(signal, moment.bits) !== valueOf(signal, unchanged.bits)).length;
    const words = signals.every(isBit) ? `${ones} of ${signals.length} are 1` : plural(signals.length, "number");
    return `${words}${differ ? `, ${differ} changed` : ""}`;
  }
  const [now, was] = [moment, unchanged].map((each) => valueOf(signals[0], each.bits));
  return `now ${now}${now === was ? "" : `, ${was} without what is done`}`;
}

class TouchMenu {
  /** @param {Live} live */
  constructor(live) {
    this.live = live;
    /** Only in the step that is looked at? */
    this.here = false;
    /** @type {HTMLElement | null} */
    this.from = null;
    this.title = element("p", { className: "what" });
    this.filled = element("div", { className: "filled" });
    this.list = element("div", { role: "menu", "aria-orientation": "vertical" });
    this.form = element("div", {});
    this.said = element("p", { className: "warning", role: "alert", hidden: true });
    this.box = element(
      "div",
      { id: "live-menu", className: "touch", hidden: true },
      this.title,
      this.filled,
      this.list,
      this.form,
      this.said,
    );
    document.body.append(this.box);
    this.box.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerdown", (event) => {
      if (!this.box.hidden && event.target instanceof Node && !this.box.contains(event.target)) this.close(false);
    });
  }

  /** @param {HTMLElement | SVGElement} from */
  open(from) {
    this.from = /** @type {HTMLElement} */ (from);
    this.here = false;
    this.box.hidden = false;
    this.fill();
    this.put(from.getBoundingClientRect());
    this.items()[0]?.focus({ preventScroll: true });
  }

  /** Beside it, and within the window. @param {DOMRect} place */
  put(place) {
    const { offsetWidth, offsetHeight } = this.box;
    const left = Math.max(8, Math.min(place.left, document.documentElement.clientWidth - offsetWidth - 8));
    const below = place.bottom + 6;
    const fits = below + offsetHeight < innerHeight || place.top < offsetHeight;
    this.box.style.left = `${left + scrollX}px`;
    this.box.style.top = `${(fits ? below : place.top - offsetHeight - 6) + scrollY}px`;
  }

  /** @param {boolean} [back] does the focus go back to where it was? */
  close(back = true) {
    this.box.hidden = true;
    const { from } = this;
    if (!back || !from) return;
    const { signal, step } = from.dataset;
    const again = signal ? `[data-signal=${CSS.escape(signal)}]` : `[data-step=${CSS.escape(step ?? "")}]`;
    const place = from.isConnected ? from : /** @type {HTMLElement | null} */ (byId("live").querySelector(again));
    place?.focus({ preventScroll: true });
  }

  items() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role^=menuitem]")]);
  }

  /** What is offered for what was touched. */
  fill() {
    const { signal, step } = this.from?.dataset ?? {};
    const offered = signal === undefined ? byteChoices(this, Number(step)) : signalChoices(this, signal);
    // Where nothing can be hovered over, the menu tells what else a card would.
    const alone = signal !== undefined && matchMedia("(hover: none)").matches;
    const filled = alone ? filledIn(this.live, signal) : [];
    this.filled.replaceChildren(...filled.filter((part) => part.className !== "now")); // which the title tells
    this.list.setAttribute("aria-label", offered.title);
    this.title.replaceChildren(element("code", {}, offered.title), " ", element("span", {}, offered.present));
    this.list.replaceChildren(...offered.choices.map((choice) => this.item(choice)));
    roam(this.list, "[role^=menuitem]");
    this.form.replaceChildren(...offered.forms);
    this.said.hidden = true;
  }

  /** @param {Choice_} choice */
  item({ label, run, checked, href }) {
    const properties = { role: checked === undefined ? "menuitem" : "menuitemcheckbox", tabindex: -1 };
    if (href) {
      const link = element("a", { ...properties, href }, label);
      link.addEventListener("click", () => this.close(false));
      return link;
    }
    const aria = { "aria-checked": checked === undefined ? null : String(checked) };
    return buttonTo(label, () => this.do(run), { ...properties, ...aria });
  }

  /** @param {() => void} run */
  do(run) {
    this.said.textContent = refusalOf(run);
    this.said.hidden = !this.said.textContent;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  /** A value of one's own. @param {string} label @param {Record<string, string | number>} properties @param {(value: string) => void} run */
  asked(label, properties, run) {
    const input = element("input", { ...properties, required: true, autocomplete: "off" });
    const form = element(
      "form",
      { className: "tools" },
      element("label", {}, label, input),
      element("button", {}, "Set"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do(() => {
        run(input.value);
        this.close();
      });
    });
    return form;
  }
}

/** Only in the step that was just read? @param {TouchMenu} menu @returns {Choice_[]} */
function hereChoice(menu) {
  const { live, here } = menu;
  if (!live.view.place) return [];
  const step = live.view.place - 1;
  const label = live.facts.kind === "text" ? `Only while byte ${step} is read` : `Only in step ${step}`;
  const run = () => {
    menu.here = !here;
    menu.fill();
    menu
      .items()
      .find((item) => item.role === "menuitemcheckbox")
      ?.focus();
  };
  return [{ label, checked: here, run }];
}

/**
 * What a signal or a group can be made, by label, in the words of --do.
 * @param {Signal[]} signals
 * @returns {[string, string][]}
 */
function valuesFor(signals) {
  const all = signals.length > 1;
  if (signals.every(isBit)) {
    const ones = signals.map(() => "1").join();
    const [at0, at1, flip] = all ? ["Hold all at 0", "Hold all at 1", "Flip all"] : ["Hold at 0", "Hold at 1", "Flip"];
    return [
      [at0, "0"],
      [at1, ones],
      [flip, "flip"],
    ];
  }
  if (all) return signals.every(({ low, high }) => low <= 0 && high >= 0) ? [["Hold all at 0", "0"]] : [];
  const [{ low, high }] = signals;
  if (high - low >= MANY_VALUES) return [];
  return Array.from({ length: high - low + 1 }, (_, at) => [`Hold at ${low + at}`, String(low + at)]);
}

/** @typedef {{title: string, present: string, choices: Choice_[], forms: HTMLElement[]}} Offered */

/** @param {TouchMenu} menu @param {string} name @returns {Offered} */
function signalChoices(menu, name) {
  const { live } = menu;
  const signals = signalsOf(live, name);
  const at = menu.here ? live.view.place - 1 : null;
  const hold = (/** @type {string} */ value) => {
    const edit = { name, value, at };
    knownDone(live, edit);
    doEdit(live, edit);
  };
  const held = live.view.edits.some((edit) => edit.name === name);
  const pinned = live.view.pins.includes(name);
  const place = placeOf(live.data, name);
  const then = (/** @type {() => void} */ run) => () => {
    run();
    menu.close();
  };
  /** @type {Choice_[]} */
  const choices = signals.length
    ? [
        ...valuesFor(signals).map(([label, value]) => ({ label, run: then(() => hold(value)) })),
        ...otherChoice(menu, then, hold),
        ...(held ? [{ label: "Let go", run: then(() => undoTo(live, name)) }] : []),
        ...hereChoice(menu),
      ]
    : [];
  choices.push({ label: pinned ? "Unpin" : "Pin", run: then(() => togglePin(live, name)) });
  if (place !== undefined)
    choices.push({ label: "Its page", href: addressOf(live.data.records[place].name), run: () => {} });
  else if (signals.length > 1) choices.push({ label: "Its signals", href: addressOf(BLOCK + name), run: () => {} });
  const alone = signals.length === 1 && !isBit(signals[0]) ? signals[0] : null;
  const bounds = alone && { type: "number", min: alone.low, max: alone.high, step: 1 };
  const shown = place === undefined ? name : shownName(live.data.records[place]);
  return {
    title: shown,
    present: presentOf(live, signals),
    choices,
    forms: bounds && alone.high - alone.low >= MANY_VALUES ? [menu.asked(`Hold at`, bounds, hold)] : [],
  };
}

/**
 * @param {TouchMenu} menu @param {(run: () => void) => () => void} then @param {(value: string) => void} hold
 * @returns {Choice_[]}
 */
function otherChoice(menu, then, hold) {
  const { live } = menu;
  if (live.facts.kind !== "text") return [];
  if (live.view.other?.length) return [{ label: "Take it from the other text", run: then(() => hold("other")) }];
  const run = () => {
    menu.close(false);
    openOther(live);
  };
  return [{ label: "Take it from another text …", run }];
}

/** @param {TouchMenu} menu @param {number} step @returns {Offered} */
function byteChoices(menu, step) {
  const { live } = menu;
  const { text } = live.view;
  const own = step < text.length;
  const put = (/** @type {ArrayLike<number>} */ bytes, /** @type {number} */ removed) => {
    live.change({ text: joined(text.subarray(0, step), bytes, text.subarray(step + removed)), place: step }, true);
  };
  const hold = (/** @type {string} */ letter) => doEdit(live, { name: "byte", value: valueOfLetter(letter), at: step });
  const letter = { type: "text", size: 3, maxlength: 12 };
  return {
    title: own ? `byte ${step} ${shownByte(text[step])}` : `the end of the text`,
    present: "",
    choices: own
      ? [
          { label: "Look at it", run: () => (live.change({ place: step }), menu.close()) },
          { label: "Delete it", run: () => (put([], 1), menu.close()) },
        ]
      : [],
    forms: [
      menu.asked(own ? "Replace it by" : "Write", { ...letter }, (typed) => put(bytesOf(typed), own ? 1 : 0)),
      ...(own ? [menu.asked("Let the model read instead", { ...letter }, hold)] : []),
    ],
  };
}

/** One character as --do has it. @param {string} letter */
function valueOfLetter(letter) {
  const bytes = bytesOf(letter);
  if (bytes.length !== 1)
    throw new Refusal(`${letter} is ${plural(bytes.length, "byte")}, and the model reads one at a time.`);
  return bytes[0] > 32 && bytes[0] < 127 ? `'${letter}'` : String(bytes[0]);
}

/** What was touched, unless it is something that works by itself. @param {Event} event */
function touched({ target }) {
  if (!(target instanceof Element)) return null;
  const found = /** @type {HTMLElement | null} */ (target.closest("[data-signal], [data-step]"));
  const own = target.closest("a[href], button, input, textarea, select, summary, label");
  return own && found?.contains(own) && own !== found ? null : found?.matches("a[href]") ? null : found;
}

/** On the page of a signal: what can be done to it, to see it at once. @param {Live} live @param {SignalRecord} record */
function touchLine(live, record) {
  const signals = signalsOf(live, record.name);
  if (!signals.length) return null;
  const button = (/** @type {[string, string]} */ [label, value]) => {
    const made = buttonTo(label, () => {
      const refusal = refusalOf(() => doEdit(live, { name: record.name, value, at: null }));
      if (refusal) made.replaceWith(element("span", { className: "count" }, refusal));
      else location.hash = "live-edits";
    });
    return made;
  };
  const buttons = valuesFor(signals).map(button);
  return buttons.length ? element("p", { className: "touchline" }, "Change it: ", ...buttons, " and see.") : null;
}

/** @param {Live} live @param {TouchMenu} menu */
function listen(live, menu) {
  const root = byId("live");
  let before = -1; // the place before the click, which may choose another
  root.addEventListener("pointerdown", () => (before = live.view.place), true);
  root.addEventListener("click", (event) => {
    const place = touched(event);
    // A byte is chosen first, and then touched.
    if (place && (place.dataset.signal !== undefined || Number(place.dataset.step) === before)) menu.open(place);
  });
  root.addEventListener("contextmenu", (event) => {
    const place = touched(event);
    if (!place) return;
    event.preventDefault();
    menu.open(place);
  });
  root.addEventListener("keydown", (event) => {
    const place = touched(event);
    if (!place || place !== event.target || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    menu.open(place);
  });
}

panels.push((live) => {
  listen(live, new TouchMenu(live));
  tellers.push((_, record) => touchLine(live, record));
});
