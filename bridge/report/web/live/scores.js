// What a network of numbers says: a bar for each class, the answer, and what they were before.

const MOST_CLASSES = 20; // shown at once

/** What numbers of a head are worth, in few digits. @param {LiveFacts} facts @param {number} number */
function worthTold({ scores }, number) {
  const worth = number * (scores?.scale ?? 1);
  return Number.isInteger(worth) ? shownWhole(worth) : withMinus(String(Number(worth.toPrecision(5))));
}

/** The answer in a word: the label, or what is estimated. @param {LiveFacts} facts @param {ArrayLike<number>} numbers */
function answerTold(facts, numbers) {
  const labels = facts.scores?.labels ?? [];
  return labels.length === 1 ? worthTold(facts, numbers[0]) : labels[largestOf(numbers)];
}

/** @param {LiveFacts} facts @param {ArrayLike<number>} numbers */
function answerSentence(facts, numbers) {
  const labels = facts.scores?.labels ?? [];
  if (labels.length === 1) return `${labels[0]} is ${worthTold(facts, numbers[0])}`;
  const best = largestOf(numbers);
  const second = largestOf(numbers, best);
  const margin = numbers[best] - numbers[second];
  const ahead = margin
    ? `${worthTold(facts, margin)} ahead of ${labels[second]}`
    : `level with ${labels[second]}, first of equals`;
  return `it says ${labels[best]}, ${ahead}`;
}

/** The panel. @param {Live} live */
function showScores(live) {
  const { facts } = live;
  const place = document.getElementById("live-next");
  if (!place || facts.kind !== "numbers" || !facts.scores) return;
  const { labels } = facts.scores;
  const answer = element("p", { className: "score-answer", role: "status" });
  const list = element("div", { className: "scores", role: "list" });
  const more = element("p", { className: "count" });
  const rows = labels.map((label) => new ScoreRow(label));
  /** Bars are drawn between the least and the most that was ever shown, and 0. */
  const span = [0, 0];
  place.append(element("h3", {}, labels.length === 1 ? "What it estimates" : "What it says"), answer, list, more);
  live.watch(() => {
    const [now, before] = [live.moment?.numbers, live.unchanged?.numbers];
    if (!now || !before) return;
    span[0] = Math.min(span[0], ...now, ...before);
    span[1] = Math.max(span[1], ...now, ...before);
    const done = live.now !== live.plain;
    const told = answerSentence(facts, now);
    const plain = answerSentence(facts, before);
    const was = done ? ` Without what is done ${plain === told ? "just the same" : plain}.` : "";
    const words = `${told[0].toUpperCase()}${told.slice(1)}.${was}`;
    if (answer.textContent !== words) answer.textContent = words;
    const shown = shownClasses(now, before);
    const best = largestOf(now);
    list.replaceChildren(...shown.map((at) => rows[at].place));
    for (const at of shown) rows[at].show(facts, span, [now[at], before[at]], at === best && now.length > 1);
    more.textContent = shown.length < now.length ? `and ${now.length - shown.length} that are smaller` : "";
    roam(list, "[data-signal]");
  });
}

/** All classes in their order, or of many the largest now, and the largest before. @param {Float64Array} now @param {Float64Array} before */
function shownClasses(now, before) {
  const all = [...now.keys()];
  if (all.length <= MOST_CLASSES) return all;
  const shown = all.sort((a, b) => now[b] - now[a] || a - b).slice(0, MOST_CLASSES);
  const was = largestOf(before);
  return shown.includes(was) ? shown : [...shown.slice(0, -1), was];
}

class ScoreRow {
  /** @param {string} label */
  constructor(label) {
    this.is = element("i", { className: "is" });
    this.was = element("i", { className: "was" });
    this.zero = element("i", { className: "zero" });
    this.number = element("span", { className: "score-number" });
    this.worth = element("span", { className: "count" });
    this.place = element(
      "div",
      { className: "score", role: "listitem", "data-signal": `class.${label}` },
      element("span", { className: "score-label" }, label),
      element("span", { className: "bar", "aria-hidden": "true" }, this.was, this.is, this.zero),
      this.number,
      this.worth,
    );
  }

  /** @param {LiveFacts} facts @param {number[]} span @param {[number, number]} numbers now and before @param {boolean} best */
  show(facts, [least, most], [now, before], best) {
    const at = (/** @type {number} */ number) => (100 * (number - least)) / (most - least || 1);
    for (const [bar, number] of /** @type {[HTMLElement, number][]} */ ([
      [this.is, now],
      [this.was, before],
    ])) {
      bar.style.left = `${Math.min(at(0), at(number))}%`;
      bar.style.width = `${Math.abs(at(number) - at(0))}%`;
    }
    this.was.hidden = now === before;
    this.zero.style.left = `${at(0)}%`;
    this.number.textContent = shownWhole(now);
    this.worth.textContent = facts.scores?.scale === 1 ? "" : worthTold(facts, now);
    this.place.classList.toggle("best", best);
    this.place.classList.toggle("changed", now !== before);
  }
}

panels.push(showScores);
