/** The bounds of `farcall mcp`: what an agent's program is given, and may ask for. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const agentBounds = {
  /**
   * Characters of a tool's name. Models take 64, of which programs use some for the server's name: Claude Code writes
   * `mcp__farcall__` in front.
   */
  toolNameLengthMax: 50,
  /** Characters of an argument's name that models take. */
  argumentNameLengthMax: 64,
  /** Characters of a description; more are cut off, since each conversation pays for them. */
  descriptionLengthMax: 4 * KiB,
  /** Tools, and bytes of them, on one page of the list: some programs read the first page alone. */
  toolsPerPage: 250,
  pageBytes: 512 * KiB,
  /** A node that does not describe itself within this counts as out of reach. */
  describeTimeoutMs: 5 * second,
  /** A list that is known is not kept from a client for longer than this by nodes that are slow to describe themselves. */
  refreshWaitMs: 1 * second,
  /** The pause between two looks for a new deployment. */
  refreshMs: 3 * second,
  /** Calls at the same time; more are refused as Overloaded. */
  callsMax: 64,
  /** Bytes of a result as JSON. It is sent twice, as text and as a value, and programs read 10 MB in a message. */
  resultBytesMax: 2 * MiB,
  /** Items of a stream that are kept for the result. */
  streamItemsMax: 10_000,
  /** The pause between two notes of a stream's progress, and of a call that does not stream. */
  itemsProgressMs: 100,
  waitingProgressMs: 5 * second,
  /** Characters of the newest items in one such note. */
  progressLengthMax: 4 * KiB,
  /** Bytes of a request over HTTP. */
  requestBytesMax: 4 * MiB,
} as const;
