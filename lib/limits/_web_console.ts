/** The bounds of `farcall console`. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const webConsoleBounds = {
  /** How often the console asks each node how it is while somebody looks: a node that dies is seen within two of these. */
  consoleRefreshMs: 750,
  /** A node that has not answered for so long is shown as slow. */
  consoleSlowMs: 1500,
  /** How long connecting to a node may take. */
  consoleConnectTimeoutMs: 3 * second,
  /** Bytes of a node's metrics that are read: a thousand rpcs have some 2 MiB. */
  consoleMetricsBytesMax: 16 * MiB,
  /** How often metrics are asked for: a node formats all of them each time. */
  consoleMetricsRefreshMs: 1500,
  /** Bytes of a request's body: the arguments of a call are typed, or pasted. */
  consoleRequestBytesMax: 1 * MiB,
  /** Items of a stream that a call shows. */
  consoleItemsMax: 1000,
  /** Characters of a value that are shown; more are cut off. */
  consoleValueLengthMax: 256 * KiB,
  /** Lines of a plan that a page shows in full; a longer one is summed up. */
  consolePlanLinesMax: 500,
  /** Pages that watch at once; each has a stream of its own. */
  consoleWatchersMax: 16,
};
