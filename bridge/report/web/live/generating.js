// The model writes: from the selected place on, the very text of `aigbridge generate`.

/**
 * What is being written. text: all of it, as long as `length`; from: where it is the model's; random: what the next
 * byte is drawn with; edits: what was done when it began; whole: was nothing else done while it was written?
 * @typedef {{text: Uint8Array, length: number, from: number, random: Random, temperature: number, seed: string,
 *   edits: Edit[], whole: boolean}} Writing
 */

/** What was written last, with all that stands before it. */
let written = { text: new Uint8Array(), from: 0 };

/** From where to where the text is still what the model wrote. @param {Live} live @returns {[number, number]} */
function writtenIn(live) {
  const same = written.text === live.view.text ? written.text.length : commonStart(written.text, live.view.text);
  return [written.from, same];
}

const PACES = { "5 bytes a second": 5, "30 a second": 30, "200 a second": 200, "as fast as it can": Infinity };
const BURST = { calm: 10, fast: 40 }; // milliseconds between two drawings
const LONGEST_SEED = 40; // digits

class TextWriter {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    /** @type {Writing | null} */
    this.writing = null;
    this.running = false;
    /** When it began, when the last frame was, how many bytes since. */
    this.clock = { start: 0, last: 0, bytes: 0, credit: 0 };
    this.go = buttonTo("Write", () => (this.running ? this.stop() : this.start()), { className: "go" });
    this.once = buttonTo("One byte", () => this.step());
    this.heat = element("input", {
      "aria-label": "temperature",
      type: "range",
      min: 0,
      max: 2,
      step: 0.05,
      value: 0.7,
    });
    this.degrees = element("output");
    this.seed = element("input", {
      "aria-label": "seed",
      type: "text",
      inputmode: "numeric",
      value: 0,
      size: 3,
      maxlength: LONGEST_SEED,
    });
    this.pace = element(
      "select",
      {},
      Object.keys(PACES).map((name) => element("option", {}, name)),
    );
    this.pace.selectedIndex = 1;
    this.said = element("p", { className: "count", role: "status" });
    place.append(
      element(
        "div",
        { className: "tools writing", role: "group", "aria-label": "Let the model write on from the place" },
        this.go,
        this.once,
        element("label", {}, "temperature ", this.heat, this.degrees),
        element("label", {}, "seed ", this.seed),
        element("label", {}, this.pace),
      ),
      this.said,
    );
    this.pace.setAttribute("aria-label", "speed");
    this.heat.addEventListener("input", () => this.tellHeat());
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.running) this.stop();
    });
    this.tellHeat();
  }

  tellHeat() {
    this.degrees.textContent = this.heat.value === "0" ? "0, the likeliest" : Number(this.heat.value).toFixed(2);
  }

  /** What is written on, or begun anew where the text or what it is drawn with has changed. @returns {Writing | null} */
  prepared() {
    const { live } = this;
    const { text, place } = live.view;
    const [seed, temperature] = [this.seed.value.trim(), Number(this.heat.value)];
    if (!/^\d+$/.test(seed)) {
      this.said.textContent = `The seed must be a whole number, not “${seed}”.`;
      return null;
    }
    const before = this.writing;
    const same = before && written.text === text && place === text.length;
    if (same && before.seed === seed && before.temperature === temperature) return before;
    const start = place ? text.slice(0, place) : promptOf(live);
    const room = new Uint8Array(LONGEST);
    room.set(start);
    live.change({ text: start, place: start.length }, true);
    written = { text: start, from: start.length };
    this.writing = {
      text: room,
      length: start.length,
      from: start.length,
      random: new Random(BigInt(seed)),
      temperature,
      seed,
      edits: live.view.edits,
      whole: true,
    };
    return this.writing;
  }

  start() {
    if (!this.prepared()) return;
    this.running = true;
    const now = performance.now();
    this.clock = { start: now, last: now, bytes: 0, credit: 1 };
    this.go.textContent = "Stop";
    this.frame();
  }

  stop() {
    this.running = false;
    this.go.textContent = "Write";
    const { start, bytes } = this.clock;
    const rate = bytes / Math.max((performance.now() - start) / 1000, 0.001);
    const same = this.writing && commandOfWriting(this.live, this.writing);
    this.said.replaceChildren(
      `${plural(bytes, "byte")} written, ${Math.round(rate).toLocaleString("en")} a second.`,
      ...(same ? [" The same: ", element("code", {}, same)] : []),
    );
  }

  step() {
    if (this.running) this.stop();
    const writing = this.prepared();
    if (!writing) return;
    if (!this.live.ready) return void setTimeout(() => this.step(), 20);
    this.append(writing, 1, Infinity);
  }

  /** A frame's worth of bytes, as long as nobody else changes the text. */
  frame() {
    const { live, writing, clock } = this;
    if (!this.running || !writing) return;
    if (live.view.text !== written.text || live.view.place !== writing.length) return this.stop();
    const now = performance.now();
    const pace = Object.values(PACES)[this.pace.selectedIndex];
    clock.credit += pace === Infinity ? 0 : (pace * (now - clock.last)) / 1000;
    clock.last = now;
    if (live.ready) {
      const count = this.append(
        writing,
        pace === Infinity ? pace : Math.floor(clock.credit),
        now + (pace === Infinity ? BURST.fast : BURST.calm),
      );
      clock.credit = Math.min(clock.credit - count, pace);
      clock.bytes += count;
    }
    if (writing.length === LONGEST) return this.stop();
    requestAnimationFrame(() => this.frame());
  }

  /** @param {Writing} writing @param {number} most @param {number} deadline @returns {number} how many were written */
  append(writing, most, deadline) {
    const { live } = this;
    const readout = /** @type {Readout} */ (live.facts.readout);
    const before = writing.length;
    writing.whole &&= writing.edits === live.view.edits;
    let { numbers } = live.now.moments[before - 1];
    while (writing.length < Math.min(before + most, LONGEST) && performance.now() < deadline) {
      const { temperature, random } = writing;
      const byte = drawSymbol(readout, numbers, temperature, uniformOf(random, temperature));
      writing.text[writing.length++] = byte;
      ({ numbers } = live.now.append([byte]));
    }
    if (writing.length === before) return 0;
    const text = writing.text.slice(0, writing.length);
    written = { text, from: writing.from };
    live.change({ text, place: text.length });
    return writing.length - before;
  }
}

const LONGEST_PROMPT = 200;

/** The same on the command line; nothing where that would not fit a line, or where what is done has changed. @param {Live} live @param {Writing} writing */
function commandOfWriting(live, writing) {
  const prompt = writing.text.subarray(0, writing.from);
  if (!writing.whole || writing.edits !== live.view.edits) return "";
  const plain = prompt.every((byte) => byte === 10 || (byte > 31 && byte < 127));
  if (!plain || prompt.length > LONGEST_PROMPT || live.done.some(({ value }) => value.startsWith("other"))) return "";
  const quoted = shownText(prompt).shown.replaceAll(/[\\']/g, "\\$&").replaceAll("\n", "\\n");
  const model = nameForShell(live.facts.name);
  const done = live.done.map((edit) => ` --do ${quotedForShell(editText(edit))}`).join("");
  const drawn = `--temperature ${writing.temperature} --seed ${writing.seed}`;
  return `aigbridge generate ${model} --prompt $'${quoted}' --bytes ${writing.length - writing.from} ${drawn}${done}`;
}

/** What is read where nothing is written yet, as of the command line. @param {Live} live */
function promptOf(live) {
  const symbols = live.facts.readout?.symbols ?? [];
  return Uint8Array.of(symbols.includes(10) ? 10 : symbols[0]);
}
