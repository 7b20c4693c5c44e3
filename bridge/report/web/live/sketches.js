// Figures to begin with on a pad for networks that tell digits: lines over a square of 100 by 100.

const SKETCHES = [
  ["50,16 33,26 29,50 33,74 50,84 67,74 71,50 67,26 50,16"],
  ["38,28 54,16 54,84"],
  ["30,30 40,18 58,17 69,30 64,46 31,82 71,82"],
  ["32,22 50,16 66,25 64,40 48,48 67,57 69,72 54,84 31,78"],
  ["58,16 29,62 73,62", "60,44 60,84"],
  ["67,18 37,18 34,46 52,43 68,54 68,72 52,84 31,78"],
  ["64,14 48,28 36,48 34,68 46,84 62,82 70,68 60,56 44,60 36,72"],
  ["32,26 66,26 62,40 58,55 54,70 52,84"],
  ["51,48 35,37 37,22 51,16 65,22 67,36 51,48 33,62 36,78 51,84 66,78 69,63 51,48"],
  ["67,28 55,20 41,26 38,38 47,47 60,43 67,28 64,50 58,84"],
];

/** How much ink a sketch leaves on each pixel. @param {number} digit @param {number} side */
function sketched(digit, side) {
  const lines = SKETCHES[digit].map((line) =>
    line
      .split(" ")
      .map((point) => /** @type {[number, number]} */ (point.split(",").map((each) => (Number(each) * side) / 100))),
  );
  return inkOf(side, lines, (0.9 * side) / 28 + 0.1);
}

/** Does it tell the ten digits? @param {LiveFacts} facts */
const tellsDigits = ({ scores }) => scores?.labels.join("") === "0123456789";
