/** The bounds of what scripts print. */
import { KiB } from "./units.ts";

export const consoleBounds = {
  /** Bytes of one console line of a script in the log. */
  scriptLogLineBytesMax: 8 * KiB,
  /** How long showing one value may take: it stops at the next part of it. */
  scriptLogShowMs: 250,
  /** Counters, and timers, that the console of one call keeps by their labels. */
  consoleLabelsMax: 1000,
  /** Levels of `console.group` that indent a line. */
  consoleIndentMax: 20,
};
