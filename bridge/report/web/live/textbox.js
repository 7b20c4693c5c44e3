// The text: typed in one box, over the same text coloured by what each byte cost.

const CHUNK = 256; // bytes drawn at a time; of long texts only those in sight one by one
const ALL = 8; // chunks that are drawn whatever is in sight

/**
 * A piece of the text. spans: one for each byte, or none while it is out of sight.
 * @typedef {{holder: HTMLElement, text: string, spans: HTMLElement[], seen: boolean}} Chunk
 */

class TextBox {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    /** @type {Shown} */
    this.text = { shown: "", ends: new Uint32Array(1) };
    /** @type {Uint8Array | null} */
    this.bytes = null;
    /** @type {Chunk[]} */
    this.chunks = [];
    this.here = -1;
    this.input = element("textarea", {
      id: "live-typed",
      "aria-label": "The text that the model reads",
      "aria-describedby": "live-costs",
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      rows: 1,
    });
    this.end = element("span", { className: "end", role: "button", "aria-label": "the end of the text" }, "\u200b");
    this.layer = element(
      "div",
      { className: "bytes", role: "group", "aria-label": "Byte by byte: what each cost" },
      this.end,
    );
    this.box = element("div", { className: "typing" }, this.layer, this.input);
    place.append(this.box);
    this.observer = new IntersectionObserver((entries) => this.look(entries), { root: this.box, rootMargin: "300px" });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("pointermove", ({ clientX, clientY }) => this.point(clientX, clientY));
    document.addEventListener("selectionchange", () => this.moved());
    this.layer.addEventListener("focusin", (event) => this.focused(/** @type {HTMLElement} */ (event.target)));
    this.layer.addEventListener("keydown", (event) => this.walk(event));
    addEventListener("beforeprint", () => this.draw(true));
  }

  /** What was typed becomes the text. */
  typed() {
    const { live, input } = this;
    const text = edited(live.view.text, this.text, input.value).subarray(0, LONGEST);
    this.text = shownText(text);
    live.change({ text, place: byteAt(this.text.ends, caretOf(input)) });
  }

  /** The caret chooses the place. */
  moved() {
    if (document.activeElement !== this.input || this.input.value !== this.text.shown) return;
    const place = byteAt(this.text.ends, caretOf(this.input));
    if (place !== this.live.view.place) this.live.change({ place });
  }

  /** The byte under the pointer tells what it cost. @param {number} x @param {number} y */
  point(x, y) {
    const under = document.elementsFromPoint(x, y).find((part) => part.matches(".bytes [data-step]"));
    const step = under instanceof HTMLElement ? Number(under.dataset.step) : NaN;
    this.input.title = step >= 0 ? this.spoken(step) : "";
  }

  /** @param {HTMLElement} byte */
  focused(byte) {
    const step = Number(byte.dataset.step ?? this.live.view.text.length);
    byte.ariaLabel = this.spoken(step);
    if (step !== this.live.view.place) this.live.change({ place: step });
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const { place, text } = this.live.view;
    const goals = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: text.length };
    const up = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const goal = up ? this.below(place, up) : goals[/** @type {keyof typeof goals} */ (event.key)];
    if (goal === undefined) return;
    event.preventDefault();
    this.live.change({ place: goal });
    this.spanOf(this.live.view.place)?.focus();
  }

  /** The byte a line below, or above, this one. @param {number} place @param {number} way */
  below(place, way) {
    const from = this.spanOf(place);
    if (!from) return place;
    const [left, top] = [from.offsetLeft, from.offsetTop];
    let goal = place;
    for (let next = place + way; ; next += way) {
      const span = this.spanOf(next);
      if (!span || (goal !== place && span.offsetTop !== this.spanOf(goal)?.offsetTop)) return goal;
      if (span.offsetTop === top) continue;
      goal = next;
      if (way > 0 ? span.offsetLeft >= left : span.offsetLeft <= left) return goal;
    }
  }

  /** @param {number} step @returns {HTMLElement | undefined} */
  spanOf(step) {
    if (step === this.live.view.text.length) return this.end;
    return this.chunks[Math.floor(step / CHUNK)]?.spans[step % CHUNK];
  }

  /** @param {number} step */
  spoken(step) {
    const { text } = this.live.view;
    if (step >= text.length) return "the end of the text";
    const bits = costsOf(this.live, this.live.now)[step];
    return `${spokenByte(text[step])}${bits >= 0 ? `: ${bits.toFixed(2)} bits, ${percent(2 ** -bits)}` : ""}`;
  }

  /** What is in sight is drawn byte by byte. @param {IntersectionObserverEntry[]} entries */
  look(entries) {
    for (const entry of entries) {
      const chunk = this.chunks.find(({ holder }) => holder === entry.target);
      if (chunk) chunk.seen = entry.isIntersecting;
    }
    this.draw();
  }

  update() {
    const { live, input } = this;
    if (this.bytes !== live.view.text) {
      this.bytes = live.view.text;
      this.text = shownText(this.bytes);
      if (input.value !== this.text.shown) input.value = this.text.shown;
      this.cut();
    }
    this.draw();
    this.mark();
  }

  /** As many chunks as the text needs. */
  cut() {
    const count = Math.ceil(this.live.view.text.length / CHUNK);
    for (const { holder } of this.chunks.splice(count)) {
      this.observer.unobserve(holder);
      holder.remove();
    }
    while (this.chunks.length < count) {
      const holder = element("span");
      this.end.before(holder);
      this.observer.observe(holder);
      this.chunks.push({ holder, text: "", spans: [], seen: false });
    }
  }

  /** @param {boolean} [all] whatever is in sight */
  draw(all = false) {
    const { live, chunks } = this;
    const { ends, shown } = this.text;
    const costs = costsOf(live, live.now);
    const known = new Set(live.facts.readout?.symbols);
    const [from, to] = writtenIn(live);
    chunks.forEach((chunk, number) => {
      const first = number * CHUNK;
      const last = Math.min(first + CHUNK, live.view.text.length);
      const here = live.view.place >= first && live.view.place < last;
      if (!chunk.seen && !here && !all && chunks.length > ALL)
        return plainly(chunk, shown.slice(ends[first], ends[last]));
      inBytes(chunk, first, last);
      chunk.spans.forEach((span, place) => {
        const step = first + place;
        const text = shown.slice(ends[step], ends[step + 1]);
        if (span.textContent !== text || !span.ariaLabel) {
          span.textContent = text;
          span.ariaLabel = spokenByte(live.view.text[step]);
        }
        const shade = step < costs.length && step ? `s${shadeOf(costs[step])}` : "";
        const strange = known.has(live.view.text[step]) ? "" : " strange";
        const look = `${shade}${strange}${step >= from && step < to ? " written" : ""}`;
        if (span.dataset.look !== look) {
          span.dataset.look = look;
          span.className = look;
        }
      });
    });
  }

  /** Where one is: the byte that comes next is marked. */
  mark() {
    const { place } = this.live.view;
    const before = this.layer.querySelector(".here");
    const now = this.spanOf(place);
    if (before !== now) {
      before?.classList.remove("here");
      before?.setAttribute("tabindex", "-1");
    }
    now?.classList.add("here");
    now?.setAttribute("tabindex", "0");
    const { input, text } = this;
    if (input.value === text.shown && byteAt(text.ends, caretOf(input)) !== place) {
      input.setSelectionRange(text.ends[place], text.ends[place]);
    }
    if (place !== this.here) this.reveal(now);
    this.here = place;
  }

  /** Scroll the box, and nothing else. @param {HTMLElement | undefined} span */
  reveal(span) {
    const { box } = this;
    if (!span) return;
    const line = span.offsetTop;
    if (line < box.scrollTop) box.scrollTop = line - 8;
    else if (line + 28 > box.scrollTop + box.clientHeight) box.scrollTop = line + 36 - box.clientHeight;
  }
}

/** @param {Chunk} chunk @param {string} text */
function plainly(chunk, text) {
  if (!chunk.spans.length && chunk.text === text) return;
  chunk.spans = [];
  chunk.text = text;
  chunk.holder.textContent = text;
}

/** An element for each byte. @param {Chunk} chunk @param {number} first @param {number} last */
function inBytes(chunk, first, last) {
  const { spans, holder } = chunk;
  if (!spans.length) holder.replaceChildren();
  for (const span of spans.splice(last - first)) span.remove();
  while (spans.length < last - first) {
    const span = element("span", { "data-step": first + spans.length, role: "button", tabindex: -1 });
    holder.append(span);
    spans.push(span);
  }
}

/** Where the caret is, at the end of what is selected that moves. @param {HTMLTextAreaElement} input */
const caretOf = ({ selectionStart, selectionEnd, selectionDirection }) =>
  selectionDirection === "backward" ? selectionStart : selectionEnd;
