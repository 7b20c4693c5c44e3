// A text is bytes. It is shown and typed as UTF-8 where that is what they are.

const LONGEST = 1 << 16; // bytes of a text

/** @param {string} text */
const bytesOf = (text) => new TextEncoder().encode(text);

/** @type {Record<number, string>} */
const ESCAPES = { 9: "\\t", 10: "\\n", 13: "\\r", 32: "␣" };

/** A byte as people write it: a, ␣, \n, \xff; as bridge.report.equations has it. @param {number} byte */
function shownByte(byte) {
  if (byte in ESCAPES) return ESCAPES[byte];
  return byte > 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
}

/**
 * A byte for those who cannot see it.
 * @param {number} byte
 */
const spokenByte = (byte) =>
  ({ 9: "tab", 10: "line end", 13: "carriage return", 32: "space" })[byte] ?? shownByte(byte);

/**
 * A text as it is shown. ends: where each byte begins in it, and where all ends; bytes that are part of a character
 * that began before are empty.
 * @typedef {{shown: string, ends: Uint32Array}} Shown
 */

/** @param {Uint8Array} bytes @returns {Shown} */
function shownText(bytes) {
  const ends = new Uint32Array(bytes.length + 1);
  const decoder = new TextDecoder();
  let shown = "";
  for (let at = 0; at < bytes.length; ) {
    const size = characterAt(bytes, at);
    ends[at] = shown.length;
    shown += size > 1 ? decoder.decode(bytes.subarray(at, at + size)) : visible(bytes[at]);
    ends.fill(shown.length, at + 1, at + size);
    at += size;
  }
  ends[bytes.length] = shown.length;
  return { shown, ends };
}

/** One that stands alone: itself, the picture of a control character, or the sign for what is no text. @param {number} byte */
function visible(byte) {
  if (byte > 127) return "\ufffd";
  if (byte === 127) return "\u2421";
  return String.fromCharCode(byte < 32 && byte !== 10 && byte !== 9 ? 0x2400 + byte : byte);
}

/** How many bytes the UTF-8 character that begins here has; 1 for a byte that begins none. @param {Uint8Array} bytes @param {number} at */
function characterAt(bytes, at) {
  const lead = bytes[at];
  const size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  // The byte order mark would be swallowed.
  if (lead === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) return 1;
  for (let next = 1; next < size; next++) {
    const [least, most] = next > 1 ? [0x80, 0xbf] : (SECOND[lead] ?? [0x80, 0xbf]);
    if (!(bytes[at + next] >= least && bytes[at + next] <= most)) return 1;
  }
  return size;
}

/** Neither too long, nor a surrogate, nor beyond the last character. @type {Record<number, [number, number]>} */
const SECOND = { 0xe0: [0xa0, 0xbf], 0xed: [0x80, 0x9f], 0xf0: [0x90, 0xbf], 0xf4: [0x80, 0x8f] };

/** The byte that begins at, or before, this place of what is shown. @param {Uint32Array} ends @param {number} place */
function byteAt(ends, place) {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ends[middle] <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The bytes once what is shown became another text: whatever is not touched keeps its bytes.
 * @param {Uint8Array} bytes @param {Shown} before @param {string} after
 */
function edited(bytes, before, after) {
  const { shown, ends } = before;
  let from = 0;
  while (from < Math.min(shown.length, after.length) && shown[from] === after[from]) from++;
  const first = byteAt(ends, from);
  from = ends[first];
  let same = 0;
  const most = Math.min(shown.length, after.length) - from;
  while (same < most && shown[shown.length - 1 - same] === after[after.length - 1 - same]) same++;
  let last = byteAt(ends, shown.length - same);
  while (ends[last] < shown.length - same) last++;
  last = byteAt(ends, ends[last]);
  same = shown.length - ends[last];
  return joined(bytes.subarray(0, first), bytesOf(after.slice(from, after.length - same)), bytes.subarray(last));
}

/** @param {...ArrayLike<number>} parts */
function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
