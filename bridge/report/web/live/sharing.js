// The address of the page tells what is shown: #live?text=...&at=...&do=...&pin=... What it says may come from strangers.

const ADDRESS = "live?";
const QUIET = 400; // milliseconds without a change before the address is written
const PLAINLY = 600; // bytes of a text up to which it can be read in the address
const LONGEST_ADDRESS = 400_000;
const LONGEST_NAME = 400;
const LONGEST_DO = 20_000;
const MOST_PINS = 256;
const MOST_NUMBERS = 1 << 16;

/** @param {Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

/** @param {number} most bytes */
const tooLong = (most) =>
  new Refusal(`A text of more than ${most.toLocaleString("en")} bytes is too long for this page.`);

/** @param {Uint8Array<ArrayBuffer>} bytes @param {GenericTransformStream} through @param {number} most bytes @returns {Promise<Uint8Array>} */
async function streamed(bytes, through, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    size += part.value.length;
    if (size <= most) continue;
    reader.cancel().catch(() => {});
    throw tooLong(most);
  }
  return joined(...parts);
}

/** The bytes, if the text can be told as it is: valid UTF-8, and short. @param {Uint8Array} bytes */
function toldPlainly(bytes) {
  if (bytes.length > PLAINLY) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** @param {URLSearchParams} parameters @param {string} name @param {Uint8Array} bytes */
async function tellText(parameters, name, bytes) {
  const plain = toldPlainly(bytes);
  if (plain !== null) parameters.set(name, plain);
  else {
    const packed = await streamed(new Uint8Array(bytes), new CompressionStream("deflate-raw"), LONGEST_ADDRESS);
    parameters.set(`${name}z`, base64url(packed));
  }
}

/** @param {URLSearchParams} parameters @param {string} name @returns {Promise<Uint8Array | null>} null if it is not told */
async function textTold(parameters, name) {
  const [plain, packed] = [parameters.get(name), parameters.get(`${name}z`)];
  if (plain !== null) {
    const bytes = bytesOf(plain);
    if (bytes.length <= LONGEST) return bytes;
    throw tooLong(LONGEST);
  }
  if (packed === null) return null;
  try {
    return await streamed(fromBase64url(packed), new DecompressionStream("deflate-raw"), LONGEST);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`What it says of the ${name === "text" ? "text" : "other text"} is no packed text.`);
  }
}

/** Rows of numbers, for models that read no text. @param {Live} live @param {string} told @returns {number[][]} */
function rowsTold({ facts }, told) {
  const rows = told.split(";").map((row) => (row ? row.split(",") : []));
  const { elements } = facts;
  if (rows.length > MOST_STEPS || rows.length * elements.length > MOST_NUMBERS)
    throw new Refusal("It tells of too many rows.");
  return rows.map((row, at) => {
    const numbers = row.map((number) => (/^-?\d{1,15}$/.test(number) ? Number(number) : NaN));
    const fits =
      numbers.length === elements.length && numbers.every((n, i) => n >= elements[i].low && n <= elements[i].high);
    if (!fits) throw new Refusal(`Its row ${at} is not ${plural(elements.length, "number")} that this model reads.`);
    return numbers;
  });
}

/** The address of what is shown, without #. @param {Live} live */
async function addressOfView({ facts, view }) {
  const parameters = new URLSearchParams();
  if (facts.kind === "text") await tellText(parameters, "text", view.text);
  else if (view.steps.length) parameters.set("rows", view.steps.map((row) => [...row].join(",")).join(";"));
  if (view.other) await tellText(parameters, "other", view.other);
  parameters.set("at", String(view.place));
  for (const edit of view.edits) parameters.append(edit.off ? "off" : "do", editText(edit));
  for (const pin of view.pins) parameters.append("pin", pin);
  return ADDRESS + parameters;
}

/**
 * What an address says to show, and a sentence for each thing in it that cannot be.
 * @param {Live} live @param {string} address without #
 * @returns {Promise<{change: Partial<View>, troubles: string[]}>}
 */
async function viewTold(live, address) {
  /** @type {{change: Partial<View>, troubles: string[]}} */
  const found = { change: {}, troubles: [] };
  const { change, troubles } = found;
  const attempt = async (/** @type {() => unknown} */ read) => {
    try {
      await read();
    } catch (error) {
      troubles.push(error instanceof Refusal ? error.message : "A part of it cannot be read.");
    }
  };
  if (address.length > LONGEST_ADDRESS) return { change, troubles: ["It is too long."] };
  const parameters = new URLSearchParams(address.slice(ADDRESS.length));
  await attempt(async () => {
    if (live.facts.kind !== "text") return;
    change.text = (await textTold(parameters, "text")) ?? live.view.text;
    change.other = await textTold(parameters, "other");
  });
  await attempt(() => {
    const rows = parameters.get("rows");
    if (rows !== null && live.facts.kind !== "text") change.steps = rowsTold(live, rows);
  });
  const at = parameters.get("at");
  if (at !== null && /^\d{1,9}$/.test(at)) change.place = Number(at);
  else if (at !== null) troubles.push("It says no place.");
  const pins = parameters.getAll("pin").filter((pin) => pin && pin.length <= LONGEST_NAME);
  change.pins = [...new Set(pins)].slice(0, MOST_PINS);
  change.edits = [];
  const told = [...parameters].filter(([key]) => key === "do" || key === "off");
  if (told.length > MOST_EDITS) troubles.push(`More than ${MOST_EDITS} changes at once are not kept here.`);
  for (const [key, words] of told.slice(0, MOST_EDITS)) {
    await attempt(() => addTold(live, change, words, key === "off"));
  }
  return found;
}

/** @param {Live} live @param {Partial<View>} change @param {string} words @param {boolean} off */
function addTold(live, change, words, off) {
  if (words.length > LONGEST_DO) throw new Refusal("It says to do something that is too long.");
  const edit = parseEdit(live, words);
  const edits = [...(change.edits ?? []), off ? { ...edit, off } : edit];
  checkEdits(live, edits);
  change.edits = edits;
}

class SharingPanel {
  /** @param {Live} live @param {HTMLElement} place */
  constructor(live, place) {
    this.live = live;
    /** The view that the address tells. @type {View | null} */
    this.told = null;
    this.written = "";
    this.timer = 0;
    this.input = element("input", { type: "text", readonly: true, "aria-label": "The address of what is shown" });
    const copy = copyButton(() => this.input.value, "Copy the address");
    const row = element("div", { className: "tools share" }, this.input, copy);
    const words = "The address tells all of this: the text, the place, what is done, and what is pinned.";
    place.append(element("h3", {}, "Share it"), element("p", { className: "count" }, words), row);
    this.input.addEventListener("focus", () => this.input.select());
    this.said = element("p", { className: "warning", hidden: true });
    byId("live-error").append(this.said);
    addEventListener("hashchange", () => this.read());
  }

  /** What the address says becomes what is shown. */
  async read() {
    const address = location.hash.slice(1);
    if (!address.startsWith(ADDRESS)) return this.later();
    if (address === this.written) return;
    this.written = address;
    const { change, troubles } = await viewTold(this.live, address);
    if (address !== this.written) return;
    this.said.hidden = !troubles.length;
    this.said.textContent = `Not all that the address says can be shown. ${troubles.slice(0, 3).join(" ")}`;
    this.live.change(change, true);
  }

  /** Once nothing changes for a while. */
  later() {
    if (!this.told) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), QUIET);
  }

  /** What all panels begin with needs no telling. */
  begin() {
    this.told = this.live.view;
    this.read();
    this.later();
  }

  async write() {
    const { live } = this;
    const { view } = live;
    const address = await addressOfView(live);
    if (view !== live.view) return;
    this.input.value = `${location.href.split("#")[0]}#${address}`;
    if (byId("overview").hidden || view === this.told) return;
    this.told = view;
    this.written = address;
    history.replaceState(history.state, "", `#${address}`);
  }
}

panels.push((live) => {
  const panel = new SharingPanel(live, byId("live-share"));
  live.watch(() => panel.later());
  setTimeout(() => panel.begin());
});
