// The host's two abilities as the SDK calls them. The component puts the real ones in; tests run on a double.

import { Other } from "./failure.js";

// Lines kept at most by the double, so that a flood in a test cannot fill the memory.
const LINES = 10_000;

export const lines = [];

export const host = {
  /** Takes a level and a line. */
  write(level, line) {
    if (lines.length < LINES) lines.push([level, line]);
  },
  /** Gives { rows, width, data }; throws a `Failure`. */
  rows() {
    throw new Other("history is not granted");
  },
  /** Columns of the instance that was called last. */
  columns: undefined,
};
