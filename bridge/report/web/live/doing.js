// The list of what is done, what that changed, and the command that does the same.

const MOST_COPIES = 16; // steps for which a command copies one by one

class DoingPanel {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    /** @type {Edit[]} */
    this.shown = [];
    /** Is there no other text? */
    this.lonely = true;
    this.undo = buttonTo("Undo", () => live.undo());
    this.redo = buttonTo("Redo", () => live.redo());
    this.clear = buttonTo("Let go of all", () => live.change({ edits: [] }, true));
    this.words = element("input", {
      type: "text",
      id: "live-do",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-label": "Do, in words: NAME=VALUE",
      "aria-describedby": "live-do-said",
      placeholder: `${exampleName(live)}=0`,
    });
    this.said = element("p", { id: "live-do-said", className: "warning", role: "alert", hidden: true });
    this.byte = element("button", { type: "button", className: "byte" });
    this.none = element(
      "p",
      { className: "count" },
      "Whatever stands for a signal here can be clicked, to hold or flip it. Or in words:",
    );
    this.list = element("ul", { className: "doing", "aria-label": "What is done" });
    this.outcome = new Outcome(live);
    this.command = element("pre", {}, element("code"));
    this.blocks = new BlockSwitches(live, (run) => this.try(run));
    this.same = this.commandLine();
    place.append(
      element("h3", {}, "Switch something off"),
      this.blocks.box,
      this.list,
      this.none,
      this.form(),
      this.said,
      element("p", { className: "tools" }, this.undo, this.redo, this.clear, this.byte),
      this.outcome.box,
      this.same,
    );
    document.addEventListener("keydown", (event) => this.key(event));
  }

  form() {
    const form = element("form", { className: "tools do" }, this.words, element("button", {}, "Do it"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.try(() => {
        doEdit(this.live, parseEdit(this.live, this.words.value));
        this.words.value = "";
      });
    });
    return form;
  }

  commandLine() {
    const copy = copyButton(() => this.command.textContent ?? "");
    return element("details", {}, element("summary", {}, "The same on the command line"), this.command, copy);
  }

  /** @param {() => void} run */
  try(run) {
    this.said.textContent = refusalOf(run);
    this.said.hidden = !this.said.textContent;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || isTyping(event.target)) return;
    if (byId("overview").hidden) return;
    event.preventDefault();
    if (event.shiftKey) this.live.redo();
    else this.live.undo();
  }

  update() {
    const { live } = this;
    const { edits, text, place } = live.view;
    this.blocks.update();
    this.undo.hidden = this.redo.hidden = !live.past.length && !live.future.length;
    this.undo.disabled = !live.past.length;
    this.redo.disabled = !live.future.length;
    this.clear.hidden = this.same.hidden = !edits.length;
    this.none.hidden = edits.length > 0;
    const lonely = !live.view.other?.length;
    if (this.shown !== edits || this.lonely !== lonely)
      this.list.replaceChildren(...edits.map((edit) => this.item(edit)));
    [this.shown, this.lonely] = [edits, lonely];
    this.byte.hidden = place >= text.length;
    this.byte.dataset.step = String(place);
    this.byte.textContent = this.byte.hidden ? "" : `Byte ${place}, ${shownByte(text[place])} …`;
    this.outcome.update();
    /** @type {HTMLElement} */ (this.command.firstChild).textContent = commandOf(live);
  }

  /** @param {Edit} edit */
  item(edit) {
    const { live } = this;
    const others = () => live.view.edits;
    const box = element("input", { type: "checkbox" });
    box.checked = !edit.off;
    box.addEventListener("change", () => {
      const next = others().map((other) => (other === edit ? { ...edit, off: !box.checked } : other));
      this.try(() => {
        checkEdits(live, next);
        live.change({ edits: next }, true);
      });
      box.checked = !live.view.edits.find((other) => other.name === edit.name && other.at === edit.at)?.off;
    });
    const words = editText(edit);
    const away = () => {
      live.change({ edits: others().filter((other) => other !== edit) }, true);
      this.words.focus({ preventScroll: true });
    };
    const remove = buttonTo("×", away, { className: "bare", "aria-label": `Remove ${words}` });
    const missing = edit.value.startsWith("other") && !live.view.other?.length ? " (there is no other text)" : "";
    const label = element("label", {}, box, " ", element("code", { title: words }, shortened(words)), missing);
    return element("li", {}, label, remove);
  }
}

/** Many values alike are told once. @param {string} words */
const shortened = (words) => words.replace(/=([01])((?:,\1){7,})$/, (_, bit) => `= all ${bit}`);

/** Some signal of the model. @param {Live} live */
const exampleName = ({ facts: { bits } }) =>
  bits.find((bit) => parseName(bit).kind === "value" && bit.includes("[")) ?? bits[0] ?? "NAME";

/** @param {Live} live */
function commandOf(live) {
  const { facts, view } = live;
  const model = nameForShell(facts.name);
  const done = live.done.flatMap((edit) => commandWords(live, edit)).map((words) => ` --do ${quotedForShell(words)}`);
  if (facts.kind !== "text") return `aigbridge convert ${model} done.aig${done.join("")}`;
  const copied = live.done.some(({ value }) => value.startsWith("other"));
  const files = [`printf -- ${printed(view.text)} > text.txt`];
  if (copied && view.other) files.push(`printf -- ${printed(view.other)} > other.txt`);
  return [...files, `aigbridge eval ${model} --text text.txt --exact${done.join("")}`].join("\n");
}

/** The edit as the command line has it, which copies from one position. @param {Live} live @param {Edit} edit */
function commandWords({ view }, edit) {
  if (!edit.value.startsWith("other")) return [editText(edit)];
  const from = edit.value.split("@")[1];
  const copy = (/** @type {number | null} */ at, /** @type {number | string} */ step) =>
    editText({ ...edit, at, value: `copy:other.txt@${step}` });
  if (from !== undefined) return [copy(edit.at, from)];
  if (edit.at !== null) return [copy(edit.at, edit.at)];
  const steps = Math.min(view.text.length, view.other?.length ?? 0);
  return Array.from({ length: Math.min(steps, MOST_COPIES) }, (_, step) => copy(step, step));
}

/** @param {string} words */
const nameForShell = (words) => (/^\w[\w.-]*$/.test(words) ? words : "MODEL");

/** @param {string} words */
const quotedForShell = (words) => `'${words.replaceAll("'", "'\\''")}'`;

/** Bytes as printf takes them. @param {Uint8Array} bytes */
function printed(bytes) {
  const spelled = Array.from(bytes, (byte) => {
    if (byte === 37) return "%%";
    if (byte === 92) return "\\\\";
    return byte > 31 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return quotedForShell(spelled.join(""));
}

/** Copies what it is given at that time. @param {() => string} given @param {string} [label] */
function copyButton(given, label = "Copy") {
  const button = buttonTo(label, async () => {
    try {
      await navigator.clipboard.writeText(given());
      button.textContent = "Copied";
    } catch {
      button.textContent = "This browser does not let it be copied: select it";
    }
    setTimeout(() => (button.textContent = label), 2000);
  });
  return button;
}

panels.push((live) => {
  const place = byId("live-edits");
  /** @type {{update: () => void}[]} */
  const shown = [new DoingPanel(live, place)];
  if (live.facts.kind === "text") shown.push(new ComparingPanel(live, place));
  live.watch(onceAFrame(() => shown.forEach((panel) => panel.update())));
});
