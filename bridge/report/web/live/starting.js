// Where to start from: nothing, chance, or rows that came with the page.

/** What the page begins with: its first row, a sketch, no ink, zeros, or features halfway between the ends of their sliders. @param {Live} live @param {Given[]} all */
function firstGiven({ facts, data }, all) {
  let elements = nothingGiven(facts);
  const row = data.samples?.rows[0];
  if (row) return valuesGiven(all, elements, (_, at) => sampleValue(row[at]));
  for (const block of all) {
    if (block.picture) elements = changedIn(all, block, elements, sketchFor(facts, block, 3));
    if (block.picture || block.whole) continue;
    const changes = everyValue(block, (at) => {
      const [least, most] = block.reach(at);
      return inSteps((least + most) / 2, most - least);
    });
    elements = changedIn(all, block, elements, changes);
  }
  return elements;
}

/** A sketch as values of a block, without ink where it would mean nothing. @param {LiveFacts} facts @param {Given} block @param {number} digit */
function sketchFor(facts, block, digit) {
  const [paper, full] = block.inks;
  const ink = tellsDigits(facts) ? sketched(digit, block.side) : [];
  return everyValue(block, (at) => inSteps(paper + (ink[at] ?? 0) * (full - paper), full - paper));
}

/** @param {Given} block @param {(at: number) => number} valueOf @returns {[number, number][]} */
const everyValue = (block, valueOf) => Array.from({ length: block.count }, (_, at) => [at, valueOf(at)]);

/** Every value anew. @param {Given[]} all @param {number[]} elements @param {(block: Given, at: number) => number} valueOf */
function valuesGiven(all, elements, valueOf) {
  for (const block of all) {
    const values = everyValue(block, (at) => valueOf(block, at));
    elements = changedIn(all, block, elements, values);
  }
  return elements;
}

/** @param {Live} live @param {Given[]} all @param {(block: Given, at: number) => number} valueOf */
const startFrom = (live, all, valueOf) => give(live, valuesGiven(all, givenNow(live), valueOf), true);

/** @param {Given} block @param {number} at @param {Random} random */
function randomValue(block, at, random) {
  const [least, most] = block.reach(at);
  if (block.whole) return least + Math.floor(random.next() * (most - least + 1));
  return inSteps(least + random.next() * (most - least), most - least);
}

/** The buttons. @param {Live} live @param {Given[]} all */
function startBar(live, all) {
  const seed = element("input", { type: "number", min: "0", step: "1", value: "0" });
  const picture = tellsDigits(live.facts) ? all.find((block) => block.picture) : undefined;
  return element(
    "div",
    { className: "tools", role: "group", "aria-label": "Start from" },
    buttonTo("Zeros", () => startFrom(live, all, () => 0), hint("Zeros: every value 0")),
    buttonTo(
      "Random",
      () => {
        const random = new Random(Math.max(0, Math.trunc(Number(seed.value))));
        startFrom(live, all, (block, at) => randomValue(block, at, random));
        seed.value = String(Number(seed.value) + 1);
      },
      hint("Random: every value that a slider reaches as likely as any other"),
    ),
    element("label", {}, "with seed ", seed),
    picture ? sketchChoice(live, all, picture) : null,
    live.data.samples ? sampleChoice(live, all, live.data.samples) : null,
  );
}

/** @param {Live} live @param {Given[]} all @param {Given} block */
function sketchChoice(live, all, block) {
  const digits = SKETCHES.map((_, digit) =>
    buttonTo(
      String(digit),
      () => giveValues(live, all, block, sketchFor(live.facts, block, digit), true),
      hint(`Sketch a ${digit}`),
    ),
  );
  return element("span", { role: "group", "aria-label": "Sketch a digit", className: "sketches" }, "sketch ", digits);
}

/** A number of a row as it was written down. @param {number | string | null | undefined} value */
const sampleValue = (value) => (value === null || value === undefined ? NaN : Number(value));

/** Rows that came with the page. @param {Live} live @param {Given[]} all @param {Samples} samples */
function sampleChoice(live, all, { rows, what, of }) {
  const options = rows.map((_, row) =>
    element("option", { value: String(row) }, what ? `${row}: ${what[row]}` : String(row)),
  );
  const select = element("select", {}, element("option", { value: "" }, `one of ${rows.length}`), options);
  select.addEventListener("change", () => {
    const row = rows[Number(select.value)];
    if (select.value !== "" && row) startFrom(live, all, (_, at) => sampleValue(row[at]));
  });
  return element("label", { title: `The first ${rows.length} of ${of} rows` }, "row ", select);
}
