// A pad to draw on, for networks that read pictures: ink goes through the encoder as any other value does.

/** @typedef {"Pen" | "Rubber" | "Pick"} Tool */

/** Pixels that a dot of this radius covers, and by how much. @param {number} side @param {number} x @param {number} y @param {number} radius @returns {[number, number][]} */
function dotAt(side, x, y, radius) {
  /** @type {[number, number][]} */
  const found = [];
  const reach = radius + 0.5;
  for (let row = Math.max(0, Math.floor(y - reach)); row < Math.min(side, y + reach); row++) {
    for (let column = Math.max(0, Math.floor(x - reach)); column < Math.min(side, x + reach); column++) {
      const cover = Math.min(1, reach - Math.hypot(column + 0.5 - x, row + 0.5 - y));
      if (cover > 0) found.push([row * side + column, cover]);
    }
  }
  return found;
}

/** Dots along a line, near enough to look like one. @param {[number, number]} from @param {[number, number]} to */
function alongLine([x, y], [u, v]) {
  const count = Math.max(1, Math.ceil(4 * Math.hypot(u - x, v - y)));
  return Array.from({ length: count }, (_, at) => {
    const part = (at + 1) / count;
    return /** @type {[number, number]} */ ([x + part * (u - x), y + part * (v - y)]);
  });
}

/** Ink along lines. @param {number} side @param {[number, number][][]} lines @param {number} radius */
function inkOf(side, lines, radius) {
  const ink = new Float64Array(side * side);
  for (const line of lines) {
    line.forEach((to, at) => {
      for (const [x, y] of alongLine(line[Math.max(at - 1, 0)], to)) {
        for (const [pixel, cover] of dotAt(side, x, y, radius)) ink[pixel] = Math.max(ink[pixel], cover);
      }
    });
  }
  return ink;
}

class Pad {
  /** @param {Live} live @param {Given[]} all @param {Given} block */
  constructor(live, all, block) {
    this.live = live;
    this.all = all;
    this.block = block;
    this.side = block.side;
    const [paper, full] = block.inks;
    this.paper = paper;
    this.full = full;
    /** @type {Tool} */
    this.tool = "Pen";
    this.radius = (1.1 * this.side) / 28 + 0.1;
    /** Which pixel is picked. */
    this.picked = Math.floor(this.side / 2) * (this.side + 1);
    this.matters = false;
    /** What was drawn since the page was last painted, by pixel. @type {Map<number, number>} */
    this.wet = new Map();
    this.fresh = false;
    this.pixels = Array.from({ length: block.count }, (_, at) => this.pixel(at, "pad-ink"));
    this.effects = Array.from({ length: block.count }, (_, at) => this.pixel(at, "pad-effect"));
    this.cursor = drawn("rect", { width: 1, height: 1, class: "pad-cursor" });
    this.sheet = drawn(
      "svg",
      {
        viewBox: `0 0 ${this.side} ${this.side}`,
        class: "pad",
        tabindex: "0",
        role: "application",
        "aria-label": `Drawing pad, ${this.side} by ${this.side}. Arrows move, with Shift they draw, space draws, Delete wipes.`,
      },
      ...this.pixels,
      ...this.effects,
      this.cursor,
    );
    this.legend = element("p", { className: "count" });
    this.readout = element("p", { className: "readout", role: "status" });
    this.draws();
    this.keys();
  }

  /** @param {number} at @param {string} className */
  pixel(at, className) {
    const [x, y] = [at % this.side, Math.floor(at / this.side)];
    return drawn("rect", { x, y, width: 1, height: 1, class: className, "fill-opacity": 0 });
  }

  /** How much ink is where. */
  get ink() {
    const values = this.block.values(givenNow(this.live));
    return Float64Array.from(values, (value, at) => this.wet.get(at) ?? this.inkFor(value));
  }

  /** @param {number} value */
  inkFor(value) {
    return Math.min(Math.max((value - this.paper) / (this.full - this.paper || 1), 0), 1) || 0;
  }

  /** @param {number} ink */
  valueFor(ink) {
    return inSteps(this.paper + ink * (this.full - this.paper), this.full - this.paper);
  }

  /** Give the whole picture anew. @param {ArrayLike<number>} ink */
  redraw(ink) {
    this.wet.clear();
    const changes = everyValue(this.block, (at) => this.valueFor(ink[at]));
    giveValues(this.live, this.all, this.block, changes, true);
  }

  /** @param {[number, number]} from @param {[number, number]} to @param {number} radius */
  stroke(from, to, radius) {
    const ink = this.ink;
    for (const [x, y] of alongLine(from, to)) {
      for (const [pixel, cover] of dotAt(this.side, x, y, radius)) {
        ink[pixel] = this.tool === "Pen" ? Math.max(ink[pixel], cover) : Math.min(ink[pixel], 1 - cover);
        this.wet.set(pixel, ink[pixel]);
      }
    }
    if (this.wet.size) requestAnimationFrame(() => this.dry());
  }

  /** What was drawn is given to the network; a whole stroke can be undone at once. */
  dry() {
    if (!this.wet.size) return;
    const changes = [...this.wet].map(([at, ink]) => /** @type {[number, number]} */ ([at, this.valueFor(ink)]));
    this.wet.clear();
    giveValues(this.live, this.all, this.block, changes, this.fresh);
    this.fresh = false;
  }

  draws() {
    /** @type {[number, number] | null} */
    let last = null;
    const at = (/** @type {PointerEvent} */ event) => {
      const { left, top, width, height } = this.sheet.getBoundingClientRect();
      const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
      return /** @type {[number, number]} */ ([x * this.side, y * this.side]);
    };
    this.sheet.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const here = at(event);
      this.pick(here);
      if (this.tool === "Pick") return;
      this.sheet.setPointerCapture(event.pointerId);
      this.fresh = true;
      last = here;
      this.stroke(here, here, this.radiusOf(event));
    });
    this.sheet.addEventListener("pointermove", (event) => {
      if (!last) return;
      const every = event.getCoalescedEvents?.() ?? [];
      for (const each of every.length ? every : [event]) {
        const here = at(each);
        this.stroke(last, here, this.radiusOf(each));
        last = here;
      }
    });
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      this.sheet.addEventListener(end, () => {
        last = null;
        this.dry();
      });
    }
  }

  /** A pen that is pressed harder draws wider. @param {PointerEvent} event */
  radiusOf({ pointerType, pressure }) {
    return pointerType === "pen" ? this.radius * (0.5 + pressure) : this.radius;
  }

  /** @param {[number, number]} point */
  pick([x, y]) {
    const within = (/** @type {number} */ place) => Math.min(Math.max(Math.floor(place), 0), this.side - 1);
    this.picked = within(y) * this.side + within(x);
    this.showPicked();
  }

  keys() {
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    this.sheet.addEventListener("keydown", (event) => {
      const centre = () =>
        /** @type {[number, number]} */ ([(this.picked % this.side) + 0.5, Math.floor(this.picked / this.side) + 0.5]);
      const from = centre();
      const [right, down] = moves[event.key] ?? [0, 0];
      const wipes = event.key === "Delete" || event.key === "Backspace";
      const draws = event.key === " " || (event.shiftKey && (right || down));
      if (!(right || down || wipes || draws) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      this.pick([from[0] + right, from[1] + down]);
      if (!wipes && !draws) return;
      const { tool } = this;
      this.tool = wipes ? "Rubber" : tool === "Pick" ? "Pen" : tool;
      this.fresh = true;
      this.stroke(from, centre(), this.radius);
      this.dry();
      this.tool = tool;
    });
  }

  /** Paint what is drawn, and what matters. */
  show() {
    const { ink } = this;
    this.pixels.forEach((pixel, at) => paint(pixel, ink[at]));
    const effects = this.matters ? pictureEffects(this.live, this.block) : null;
    const most = effects ? Math.max(...effects.map(Math.abs)) : 0;
    this.legend.textContent = effects ? effectsTold(this.live, effects) : "";
    this.sheet.classList.toggle("matters", this.matters);
    this.effects.forEach((pixel, at) => {
      const effect = effects?.[at] ?? 0;
      if (effect) pixel.setAttribute("class", effect < 0 ? "pad-effect falls" : "pad-effect rises");
      paint(pixel, most ? Math.abs(effect) / most : 0);
    });
    this.showPicked(effects);
  }

  /** @param {number[] | null} [effects] */
  showPicked(effects = this.matters ? pictureEffects(this.live, this.block) : null) {
    const [column, row] = [this.picked % this.side, Math.floor(this.picked / this.side)];
    this.cursor.setAttribute("x", String(column));
    this.cursor.setAttribute("y", String(row));
    const { live, block } = this;
    const chips = block.made(this.picked).map((place) => new ElementChip(live, live.facts.elements[place], true));
    for (const chip of chips) chip.show(live);
    const value = block.values(givenNow(live))[this.picked];
    const effect = effects?.[this.picked];
    const turned =
      effect === undefined
        ? ""
        : effect
          ? `: turned, the margin changes by ${signed(effect, shownBits)}`
          : ": turned, the margin stays";
    const told = `Row ${row + 1}, column ${column + 1}, given ${Number.isNaN(value) ? "what no value gives" : value} `;
    this.readout.replaceChildren(told, ...chips.map((chip) => chip.place), chips.length ? turned : " nothing reads it");
    roam(this.readout, "[data-signal]");
  }
}

/** Set only what differs. @param {SVGRectElement} pixel @param {number} opacity */
function paint(pixel, opacity) {
  const words = opacity.toFixed(3);
  if (pixel.getAttribute("fill-opacity") !== words) pixel.setAttribute("fill-opacity", words);
}

/** By how much the margin of what the network says changes, by pixel: the largest effect of the bits made of it. @param {Live} live @param {Given} block */
function pictureEffects(live, block) {
  const { moment, view, facts } = live;
  if (!moment) return Array(block.count).fill(0);
  const { bits } = effectsOn(live, view.place, largestOf(moment.numbers));
  return Array.from({ length: block.count }, (_, at) => {
    const names = block.made(at).flatMap((place) => signalsOf(live, facts.elements[place].name));
    const own = names.flatMap((signal) => signal.bits.map((bit) => bits[bit]));
    return own.reduce((most, effect) => (Math.abs(effect) > Math.abs(most) ? effect : most), 0);
  });
}

/** The pad with its tools. @param {Live} live @param {Given[]} all @param {Given} block */
function padOf(live, all, block) {
  const pad = new Pad(live, all, block);
  const { side } = pad;
  const tools = /** @type {Tool[]} */ (["Pen", "Rubber", "Pick"]).map((tool) =>
    buttonTo(tool, () => {
      pad.tool = tool;
      for (const button of tools) button.setAttribute("aria-pressed", String(button.textContent === tool));
    }),
  );
  tools[0].setAttribute("aria-pressed", "true");
  const width = element("input", {
    type: "range",
    min: "0.3",
    max: String(side / 7),
    step: "0.1",
    value: String(pad.radius),
  });
  width.addEventListener("input", () => (pad.radius = Number(width.value)));
  const moved = (/** @type {number} */ right, /** @type {number} */ down) =>
    pad.redraw(shifted(pad.ink, side, right, down));
  const matters = buttonTo("What matters", () => {
    pad.matters = !pad.matters;
    matters.setAttribute("aria-pressed", String(pad.matters));
    pad.show();
  });
  live.watch(() => pad.show());
  const acts = /** @type {[string, string, () => void][]} */ ([
    ["←", "Move the picture left", () => moved(-1, 0)],
    ["↑", "Move the picture up", () => moved(0, -1)],
    ["↓", "Move the picture down", () => moved(0, 1)],
    ["→", "Move the picture right", () => moved(1, 0)],
    ["Centre", "Put the middle of the ink in the middle", () => moved(...offCentre(pad.ink, side))],
    ["Invert", "Ink where none is", () => pad.redraw(pad.ink.map((ink) => 1 - ink))],
    ["Clear", "No ink", () => pad.redraw(new Float64Array(block.count))],
  ]);
  const buttons = acts.map(([words, label, act]) => buttonTo(words, act, hint(label)));
  return element(
    "div",
    { className: "pad-panel" },
    element("div", { className: "pad-sheet" }, pad.sheet),
    element(
      "div",
      { className: "pad-tools" },
      element("div", { className: "tools" }, tools, element("label", {}, "width ", width)),
      element("div", { className: "tools" }, buttons),
      element("div", { className: "tools" }, matters),
      pad.legend,
      pad.readout,
    ),
  );
}

/** What the colours mean, and how many pixels matter. @param {Live} live @param {number[]} effects */
function effectsTold({ facts, moment }, effects) {
  const estimates = facts.scores?.labels.length === 1;
  const what = estimates ? "the estimate" : "the margin of the answer";
  const felt = effects.filter((effect) => effect).length;
  const margin = moment ? worthOf(facts, largestOf(moment.numbers))(moment.numbers) : 0;
  const turning = effects.filter((effect) => margin + effect < 0).length;
  const enough = estimates
    ? ""
    : turning
      ? ` Each of ${plural(turning, "pixel")} is enough to change the answer.`
      : " None is enough to change the answer.";
  if (!felt) return `Turning the bits of any one pixel leaves ${what} as it is.`;
  return `Turning the bits of one pixel changes ${what} for ${felt} of ${effects.length} pixels: in the warm colour where it falls, in the other where it rises.${enough}`;
}

/** The picture moved by whole pixels; what leaves it is lost. @param {ArrayLike<number>} ink @param {number} side @param {number} right @param {number} down */
function shifted(ink, side, right, down) {
  return Float64Array.from(ink, (_, at) => {
    const [x, y] = [(at % side) - right, Math.floor(at / side) - down];
    return x >= 0 && x < side && y >= 0 && y < side ? ink[y * side + x] : 0;
  });
}

/** How far the middle of the ink is from the middle. @param {Float64Array} ink @param {number} side @returns {[number, number]} */
function offCentre(ink, side) {
  const total = ink.reduce((sum, each) => sum + each, 0);
  if (!total) return [0, 0];
  const x = ink.reduce((sum, each, at) => sum + each * (at % side), 0) / total;
  const y = ink.reduce((sum, each, at) => sum + each * Math.floor(at / side), 0) / total;
  return [Math.round((side - 1) / 2 - x), Math.round((side - 1) / 2 - y)];
}
