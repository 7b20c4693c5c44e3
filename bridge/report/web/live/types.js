// The shapes of what the live page works with. Bits of a packed Uint32Array count from the lowest of word 0.

/**
 * What is given in a step: the byte, the code node, an integer of an input block.
 * @typedef {{name: string, low: number, high: number}} Element_
 */

/**
 * A step function of one raw feature for each element, see bridge.cell.encoder.
 * @typedef {object} Encoder
 * @property {number[]} low
 * @property {number[]} features
 * @property {(number | string)[][]} thresholds
 * @property {number[] | null} missing
 * @property {boolean} single
 * @property {number | null} columns
 */

/**
 * How numbers of a head become probabilities; code: where bit 0 and bit 1 lead from each node, a node or ~rank.
 * @typedef {{symbols: number[], scale: number, code: [number, number][] | null}} Readout
 */

/**
 * What bridge.report.live.facts tells. A literal is twice the row of a value, and 1 more for its complement.
 * @typedef {object} LiveFacts
 * @property {string} name
 * @property {"text" | "numbers" | "bits"} kind
 * @property {number} operations how many
 * @property {number} inputs of the netlist, how many; rows 1 ..
 * @property {number} handles how many; each has two rows after the inputs, keep and turn
 * @property {(0 | 1)[]} resets of each latch; their rows come after the handles
 * @property {number[]} next a literal for each latch
 * @property {string[]} bits the names of all bits that can be seen and changed
 * @property {number[]} literals of the bits, as they are read
 * @property {number[]} handleOf of the bits; -1 for a constant, which nothing changes
 * @property {number[][]} numbers the literals of each number of the head, lowest first, two's complement
 * @property {boolean} serial is the head asked about one code node at a time?
 * @property {Readout | null} readout of a text model
 * @property {{labels: string[], scale: number} | null} scores of a model of classes or estimates
 * @property {Element_[]} elements
 * @property {Record<string, [number, number, number][]>} ranges of groups that are not all bits, what their elements can
 *   be: how many, from, to
 * @property {number[]} owners of each input, the element that it is a bit of
 * @property {number[]} places of each input, which bit of its element it is
 * @property {{name: string, size: number, encoder?: Encoder}[]} [blocks] the input blocks, in the order of the elements
 */

/**
 * What is done to one bit in a step: it is held at 0 or 1, or turned.
 * @typedef {{bit: number, value: 0 | 1 | "flip"}} Change
 */

/**
 * What was in one step. state: of the latches before it; bits: as they were read; numbers: of the head after it.
 * @typedef {{state: Uint32Array, bits: Uint32Array, numbers: Float64Array}} Moment
 */

/**
 * Rows that the page can begin with: raw features, or elements where there is no encoder; what: what each is; of: how
 * many there were. See bridge.report.live.samples.
 * @typedef {{rows: (number | string | null)[][], what: string[] | null, of: number}} Samples
 */
