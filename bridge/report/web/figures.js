// Figures as they are read.

/** With the sign that is as wide as a plus. @param {string} number */
const withMinus = (number) => number.replace("-", "−");

/** A whole number with its sign. @param {number} number */
const shownWhole = (number) => withMinus(number.toLocaleString("en"));

/** How much more or less something is. @param {number} number @param {(size: number) => string} [told] */
const signed = (number, told = (size) => size.toLocaleString("en")) =>
  `${number < 0 ? "−" : "+"}${told(Math.abs(number))}`;

/** Bits, or what numbers of a head are worth, not negative: as many digits as matter. @param {number} size */
function shownBits(size) {
  if (size < 0.005) return size.toPrecision(1);
  return size.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** A probability as it is read: four digits, the smallest by powers of ten. @param {number} share */
function percent(share) {
  if (share >= 0.9999995) return "100 %";
  if (share === 0 || share >= 1e-6) return `${(100 * share).toPrecision(share < 1e-4 ? 2 : 4)} %`;
  const [digits, power] = (100 * share).toExponential(1).split("e-");
  return `${digits}·10⁻${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("")} %`;
}

/** The probability of what costs so many bits, in two digits. @param {number} bits */
function shownChance(bits) {
  const part = 100 * 2 ** -bits;
  return `${part >= 10 ? part.toFixed(0) : Number(part.toPrecision(2))} %`;
}

/** 1st, 2nd, 3rd, ... @param {number} place */
function ordinal(place) {
  const tens = place % 100 > 10 && place % 100 < 14;
  return `${place}${(!tens && { 1: "st", 2: "nd", 3: "rd" }[place % 10]) || "th"}`;
}
