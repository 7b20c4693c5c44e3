// Where to start from: nothing, chance, or rows that came with the page.

/** Numbers 0 .. 1, always the same for a seed. @param {number} seed */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the page begins with: zeros, or features halfway between the ends of their sliders. @param {LiveFacts} facts @param {Given[]} all */
function firstGiven(facts, all) {
  let elements = nothingGiven(facts);
  for (const block of all.filter(({ whole }) => !whole)) {
    const changes = everyValue(block, (at) => {
      const [least, most] = block.reach(at);
      return inSteps((least + most) / 2, most - least);
    });
    elements = changedIn(all, block, elements, changes);
  }
  return elements;
}

/** @param {Given} block @param {(at: number) => number} valueOf @returns {[number, number][]} */
const everyValue = (block, valueOf) => Array.from({ length: block.count }, (_, at) => [at, valueOf(at)]);

/** Give every value anew. @param {Live} live @param {Given[]} all @param {(block: Given, at: number) => number} valueOf */
function startFrom(live, all, valueOf) {
  let elements = givenNow(live);
  for (const block of all) {
    const changes = Array.from(
      { length: block.count },
      (_, at) => /** @type {[number, number]} */ ([at, valueOf(block, at)]),
    );
    elements = changedIn(all, block, elements, changes);
  }
  give(live, elements, true);
}

/** @param {Given} block @param {number} at @param {() => number} random */
function randomValue(block, at, random) {
  const [least, most] = block.reach(at);
  if (block.whole) return least + Math.floor(random() * (most - least + 1));
  return inSteps(least + random() * (most - least), most - least);
}

/** The buttons. @param {Live} live @param {Given[]} all */
function startBar(live, all) {
  const seed = element("input", { type: "number", min: "0", step: "1", value: "0" });
  /** @param {string} words @param {string} title @param {() => void} act */
  const button = (words, title, act) => {
    const made = element("button", { type: "button", title }, words);
    made.addEventListener("click", act);
    return made;
  };
  return element(
    "div",
    { className: "row-bar", role: "group", "aria-label": "Start from" },
    button("Zeros", "Every value 0", () => startFrom(live, all, () => 0)),
    button("Random", "Every value that a slider reaches as likely as any other", () => {
      const random = seeded(Number(seed.value));
      startFrom(live, all, (block, at) => randomValue(block, at, random));
      seed.value = String(Number(seed.value) + 1);
    }),
    element("label", {}, "with seed ", seed),
  );
}
