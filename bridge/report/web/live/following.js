// Names followed over the text, a row each, as a logic analyser shows them; the column of the place is marked.

const [MOST_ZOOM, LEAST_ZOOM, FIRST_ZOOM] = [48, 2, 14]; // pixels a step
const SUGGESTED = 5; // rows where nothing is pinned
const USUAL = 12; // steps between changes that are worth a look
const ENOUGH = 16; // steps after which one can tell what is worth a look

class Following {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    this.place = place;
    this.zoom = FIRST_ZOOM;
    /** @type {string[]} */
    this.suggested = [];
    this.later = onceAFrame(() => {
      this.list();
      drawRows(this, this.rows);
    });
    this.shownAt = -1;
    this.names = element("ul", { className: "follow-names", "aria-label": "What is followed" });
    this.canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { "aria-hidden": true }));
    this.wide = element("div", { className: "follow-wide" }, this.canvas);
    this.view = element(
      "div",
      { className: "follow-view", tabindex: 0, role: "slider", "aria-label": "Place in the text" },
      this.wide,
    );
    const adder = followAdder(live, (name) => this.add(name));
    const zooms = element(
      "span",
      { className: "follow-zoom", role: "group", "aria-label": "Zoom" },
      buttonTo("−", () => this.zoomTo(this.zoom / 1.5), hint("Narrower")),
      buttonTo("+", () => this.zoomTo(this.zoom * 1.5), hint("Wider")),
    );
    place.append(
      element("h3", {}, "Follow"),
      element("div", { className: "tools follow-tools" }, adder, zooms),
      element("div", { className: "follow" }, this.names, this.view),
      element(
        "p",
        { className: "count" },
        "Orange: changed by what is done. A click, or the arrow keys, choose the place.",
      ),
    );
    this.view.addEventListener("scroll", () => this.later());
    this.view.addEventListener("click", (event) => this.choose(event));
    this.view.addEventListener("keydown", (event) => this.press(event));
    new ResizeObserver(() => this.later()).observe(this.view);
    for (const media of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(media).addEventListener("change", () => drawRows(this, this.rows)); // paper does not wait for a frame
    }
  }

  get pins() {
    const { pins } = this.live.view;
    return pins.length ? pins : this.suggested;
  }

  /** @returns {Watched[]} */
  get rows() {
    return this.pins.flatMap((name) => watchedOf(this.live, name) ?? []);
  }

  /** @param {string} name @returns {boolean} whether there is such a thing to follow */
  add(name) {
    if (!watchedOf(this.live, name)) return false;
    if (!this.pins.includes(name)) this.live.change({ pins: [...this.pins, name] }, true);
    return true;
  }

  /** @param {string} name */
  remove(name) {
    const pins = this.pins.filter((other) => other !== name);
    if (!pins.length) this.suggested = [];
    this.live.change({ pins }, true);
  }

  /** @param {string} name @param {number} by */
  move(name, by) {
    const pins = [...this.pins];
    const at = pins.indexOf(name);
    if (at < 0 || at + by < 0 || at + by >= pins.length) return;
    pins.splice(at + by, 0, ...pins.splice(at, 1));
    this.live.change({ pins }, true);
  }

  /** The step that is shown stays where it is. @param {number} zoom */
  zoomTo(zoom) {
    const at = (this.live.view.place - 0.5) * this.zoom - this.view.scrollLeft;
    this.zoom = Math.min(Math.max(zoom, LEAST_ZOOM), MOST_ZOOM);
    this.resize();
    this.view.scrollLeft = (this.live.view.place - 0.5) * this.zoom - at;
    this.later();
  }

  /** @param {MouseEvent} event */
  choose(event) {
    const left = event.clientX - this.view.getBoundingClientRect().left + this.view.scrollLeft;
    const step = Math.floor(left / this.zoom);
    if (step < this.steps) this.live.change({ place: step + 1 });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { place } = this.live.view;
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: place - 1,
      ArrowRight: place + 1,
      Home: 1,
      End: this.steps,
      PageUp: place - 20,
      PageDown: place + 20,
    };
    if (event.key in places) this.live.change({ place: Math.max(1, places[event.key]) });
    else if (event.key === "+") this.zoomTo(this.zoom * 1.5);
    else if (event.key === "-") this.zoomTo(this.zoom / 1.5);
    else return;
    event.preventDefault();
  }

  get steps() {
    return stepsOf(this.live.facts, this.live.view).length;
  }

  resize() {
    this.wide.style.width = `${Math.max(1, this.steps) * this.zoom}px`;
  }

  /** Something changed: names at once, pictures in the next frame. */
  update() {
    const { pins } = this.live.view;
    this.place.hidden = !pins.length && this.live.facts.kind !== "text" && this.steps < 2; // no time to look along
    if (!this.suggested.length && !pins.length) this.suggested = suggestedPins(this.live);
    this.resize();
    const { place } = this.live.view;
    if (place !== this.shownAt) this.reveal(place);
    this.shownAt = place;
    this.later();
  }

  /** @param {number} place */
  reveal(place) {
    const [left, right] = [(place - 1) * this.zoom, place * this.zoom];
    const { scrollLeft, clientWidth } = this.view;
    if (left < scrollLeft || right > scrollLeft + clientWidth) this.view.scrollLeft = left - clientWidth / 2;
  }

  /** The names with their values. */
  list() {
    const { live, rows } = this;
    const items = /** @type {HTMLElement[]} */ ([...this.names.children]);
    if (items.length !== rows.length || rows.some((row, at) => items[at].dataset.name !== row.name)) {
      const focused = document.activeElement;
      const held = focused instanceof HTMLElement && this.names.contains(focused) ? focused.dataset.key : undefined;
      this.names.replaceChildren(...rows.map((row) => this.item(row)));
      if (held)
        this.names.querySelectorAll("button").forEach((button) => button.dataset.key === held && button.focus());
    }
    const step = live.view.place - 1;
    rows.forEach((row, at) => {
      const [now, before] = [live.now, live.plain].map((reading) =>
        followedText(row, followedAt(live, row, reading, step)),
      );
      const shown = this.names.children[at].querySelector("output");
      if (shown) shown.textContent = now === before ? now : `${before} → ${now}`;
      this.names.children[at].classList.toggle("changed", now !== before);
    });
    this.view.setAttribute("aria-valuemin", "0");
    this.view.setAttribute("aria-valuemax", String(this.steps));
    this.view.setAttribute("aria-valuenow", String(live.view.place));
    this.view.setAttribute("aria-valuetext", `${live.view.place} of ${this.steps} read`);
  }

  /** @param {Watched} row */
  item({ name, bits }) {
    const signal = bits.length || name !== SURPRISE;
    const bare = { className: "bare" };
    const [up, down, away] = [
      buttonTo("↑", () => this.move(name, -1), { ...hint(`Move ${name} up`), ...bare }),
      buttonTo("↓", () => this.move(name, 1), { ...hint(`Move ${name} down`), ...bare }),
      buttonTo("✕", () => this.remove(name), { ...hint(`Do not follow ${name} any more`), ...bare }),
    ];
    up.dataset.key = `up ${name}`;
    down.dataset.key = `down ${name}`;
    const shown = element(
      "span",
      { className: "name", tabindex: signal ? 0 : undefined, "data-signal": signal ? name : undefined },
      followedName(name),
    );
    return element(
      "li",
      { "data-name": name },
      shown,
      element("output", {}),
      element("span", { className: "act" }, up, down, away),
    );
  }
}

/** @param {string} name */
const followedName = (name) => (name === SURPRISE ? "bits the byte cost" : name);

/**
 * What stands in the column of a step: what was while it was read; what its byte costs is known in the step before.
 * @param {Live} live @param {Watched} row @param {Reading} reading @param {number} step
 */
function followedAt(live, row, { moments }, step) {
  const own = row.kind === "surprise";
  const moment = moments[own ? step - 1 : step];
  return moment && step < moments.length ? row.of(moment, live.view.text[own ? step : step + 1]) : NaN;
}

/** @param {Watched} row @param {number} value */
function followedText({ kind, bits }, value) {
  if (!Number.isFinite(value)) return "";
  if (kind === "block") return `${value} of ${bits.length}`;
  if (kind === "surprise") return value.toFixed(2);
  if (kind === "probability") return percent(value);
  return value.toLocaleString("en");
}

/** @param {Live} live */
const outputsOf = ({ data }) => data.records.filter(({ kind }) => kind === "output").map(({ name }) => name);

/** What a newcomer may like to see: memories that keep what they hold for about a word. @param {Live} live @returns {string[]} */
function suggestedPins(live) {
  const { moments } = live.plain;
  const { facts } = live;
  if (facts.kind !== "text") return (facts.scores ? headNames(facts) : outputsOf(live)).slice(0, SUGGESTED);
  if (!live.ready || moments.length < ENOUGH) return [];
  const groups = new Set(facts.bits.map(groupOf));
  const gated = facts.bits.flatMap((name, bit) => (groups.has(`state.${groupOf(name)}`) ? [bit] : []));
  const told = (gated.length ? gated : [...facts.bits.keys()]).flatMap((bit) => {
    let [changes, ones] = [0, 0];
    for (let step = 1; step < moments.length; step++) {
      ones += bitAt(moments[step].bits, bit);
      if (bitAt(moments[step].bits, bit) !== bitAt(moments[step - 1].bits, bit)) changes++;
    }
    const share = ones / moments.length;
    return changes > 1 && share > 0.15 && share < 0.85 ? [{ bit, changes }] : [];
  });
  const apart = (/** @type {{changes: number}} */ { changes }) =>
    Math.abs(Math.log((USUAL * (changes + 1)) / moments.length));
  const calm = told.sort((a, b) => apart(a) - apart(b) || a.bit - b.bit).slice(0, SUGGESTED - 1);
  return [SURPRISE, ...calm.map(({ bit }) => facts.bits[bit])];
}

/** A box to find names. @param {Live} live @param {(name: string) => boolean} add */
function followAdder(live, add) {
  const list = element("datalist", { id: "follow-names" });
  const query = /** @type {HTMLInputElement} */ (
    element("input", {
      id: "follow-query",
      list: "follow-names",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: [exampleName(live), ...(live.facts.readout ? ["surprise"] : [])].join(", "),
    })
  );
  const said = element("span", { className: "count", role: "status" });
  const blocks = [...new Set(live.facts.bits.map(groupOf))].map((name) => ({
    name,
    low: name.toLowerCase(),
    alias: undefined,
    what: "block",
  }));
  const entries = [...blocks, ...live.data.records.map(entryOf)];
  query.addEventListener("input", () => {
    said.textContent = "";
    const hits = findSignals(entries, query.value).filter(({ name }) => watchedOf(live, name));
    list.replaceChildren(...hits.map(({ name, what }) => element("option", { value: name }, what)));
  });
  const form = element(
    "form",
    { className: "tools follow-add" },
    element("label", { for: "follow-query" }, "Add a row"),
    query,
    list,
    element("button", {}, "Add"),
    said,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = query.value.trim();
    const found = watchedOf(live, wanted)
      ? wanted
      : findSignals(entries, wanted).find(({ name }) => watchedOf(live, name))?.name;
    if (found !== undefined && add(found)) query.value = "";
    else if (wanted) said.textContent = `There is nothing called “${wanted}” that has a value here.`;
  });
  return form;
}

panels.push((live) => {
  const place = document.getElementById("live-follow");
  if (!place) return;
  const following = new Following(live, place);
  live.watch(() => following.update());
});
