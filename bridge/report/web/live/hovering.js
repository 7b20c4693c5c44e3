// A card beside what one looks at: the equation with today's values.

const [CARD_LATER, CARD_GAP] = [220, 8]; // milliseconds before it comes, pixels beside

class HoverCard {
  /** @param {Live} live */
  constructor(live) {
    this.live = live;
    this.card = element("div", { id: "live-card", role: "tooltip", hidden: true });
    /** @type {HTMLElement | null} what it is about */
    this.about = null;
    this.timer = 0;
    document.body.append(this.card);
    document.addEventListener("pointerover", (event) => event.pointerType !== "touch" && this.meet(event.target));
    document.addEventListener("focusin", (event) => {
      if (event.target instanceof Element && event.target.matches(":focus-visible")) this.meet(event.target);
      else this.close();
    });
    document.addEventListener("focusout", () => this.meet(null));
    document.addEventListener("pointerdown", () => this.close());
    addEventListener("scroll", () => this.fill(), { passive: true });
    addEventListener("hashchange", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.card.hidden) {
        this.close();
        event.stopPropagation();
      }
    });
    live.watch(() => this.fill());
  }

  /** @param {EventTarget | null} target */
  meet(target) {
    const about = target instanceof Element ? aboutSignal(target) : null;
    if (about === this.about) return;
    this.close();
    if (!about) return;
    this.about = about;
    this.timer = setTimeout(() => this.open(), CARD_LATER);
  }

  open() {
    if (!this.about?.isConnected) return;
    this.card.hidden = false;
    this.fill();
    if (!this.card.hidden) this.about.setAttribute("aria-describedby", this.card.id);
  }

  close() {
    clearTimeout(this.timer);
    this.about?.removeAttribute("aria-describedby");
    this.about = null;
    this.card.hidden = true;
  }

  /** What it says now, and where it stands. */
  fill() {
    if (this.card.hidden || !this.about) return;
    const parts = cardOf(this.live, this.about);
    if (!parts.length || !this.about.isConnected) {
      this.close();
      return;
    }
    this.card.replaceChildren(...parts);
    const [left, top] = besides(this.about.getBoundingClientRect(), this.card);
    this.card.style.left = `${left}px`;
    this.card.style.top = `${top}px`;
  }
}

/** The signal or byte that an element stands for, or is in. @param {Element} target @returns {HTMLElement | null} */
function aboutSignal(target) {
  const found = target.closest("#live [data-signal], #live [data-step], #signal a.signal, #signal [data-signal]");
  return found instanceof HTMLElement || found instanceof SVGElement ? /** @type {HTMLElement} */ (found) : null;
}

/** @param {Live} live @param {HTMLElement} about @returns {HTMLElement[]} */
function cardOf(live, about) {
  const { step, signal } = about.dataset;
  if (step !== undefined) return stepCard(live, Number(step));
  const name = signal ?? nameOfLink(about);
  if (name === null || !(live.data.places.has(name) || watchedOf(live, name))) return [];
  return [element("h4", {}, name), ...filledIn(live, name)];
}

/** @param {HTMLElement} link */
function nameOfLink(link) {
  try {
    return decodeURIComponent((link.getAttribute("href") ?? "").slice(1));
  } catch {
    return null;
  }
}

/** A byte of the text. @param {Live} live @param {number} step @returns {HTMLElement[]} */
function stepCard(live, step) {
  const byte = live.view.text[step];
  const row = watchedOf(live, SURPRISE);
  if (byte === undefined || !row) return [];
  const [now, before] = [live.now, live.plain].map((reading) => followedAt(live, row, reading, step));
  const told = (/** @type {number} */ bits) =>
    `${bits.toFixed(2)} bits (${followedText({ ...row, kind: "probability" }, 2 ** -bits)})`;
  const parts = [element("h4", {}, `‘${shownByte(byte)}’, byte ${step}`)];
  if (Number.isFinite(now)) parts.push(element("p", {}, `cost ${told(now)}`));
  else parts.push(element("p", {}, "nothing was read before it"));
  if (Number.isFinite(before) && told(before) !== told(now))
    parts.push(element("p", { className: "changed" }, `${told(before)} without what is done`));
  return parts;
}

/** Below what it is about, or above where it would hide what one types or leave the window. @param {DOMRect} about @param {HTMLElement} card */
function besides(about, card) {
  const { offsetWidth: width, offsetHeight: height } = card;
  const left = Math.max(CARD_GAP, Math.min(about.left, innerWidth - width - CARD_GAP));
  const [below, above] = [about.bottom + CARD_GAP, about.top - height - CARD_GAP];
  const typed =
    document.activeElement instanceof HTMLTextAreaElement ? document.activeElement.getBoundingClientRect() : null;
  const hides = (/** @type {number} */ top) =>
    typed !== null && top < typed.bottom && top + height > typed.top && left < typed.right && left + width > typed.left;
  const fits = (/** @type {number} */ top) => top >= CARD_GAP && top + height <= innerHeight - CARD_GAP && !hides(top);
  return [left, fits(below) || !fits(above) ? below : above];
}

panels.push((live) => {
  new HoverCard(live);
});
