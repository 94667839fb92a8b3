/**
 * Every bound of farcall, in one place, with its unit and its reason. A queue, loop, frame, depth or wait that is not
 * bounded from here is a defect. A new bound goes into `defaults` below, or with its kind into another file of this
 * room; into `_choices.ts` if a single node or caller may override it.
 *
 * This room knows nothing of any other.
 *
 * @module
 */

import { changed, type Changes, frozen, type Numbers } from "./_changes.ts";
import { choices } from "./_choices.ts";
import { connectionBounds } from "./_connections.ts";
import { fleet, nats, packetBounds, rawIp } from "./_networks.ts";
import {
  agentBounds,
  bundling,
  configurationBounds,
  peerBounds,
  traceBounds,
  webConsoleBounds,
} from "./_programs.ts";
import { consoleBounds, leastUseful, scriptCallLimits } from "./_services.ts";
import { KiB, MiB } from "./units.ts";
export { KiB, MiB } from "./units.ts";

const second = 1000;

const defaults = {
  ...choices,
  /** Items of a list, each of which takes at least a byte and a comma of a message. */
  listItemsMax: choices.messageBytesMax / 2,
  /** Bytes of scripts in one message of a deployment, unless a single script is larger. */
  putBatchBytes: 4 * MiB,
  ...connectionBounds,
  /** How long an executor runs calls before it reads other input: cancels, pings, other calls. */
  executorSliceMs: 10,
  /** Bytes that every peer must accept in one message: room for the longest exception. */
  messageBytesMaxLeast: 128 * KiB,
  /** Characters of an exception's message (some hundred signatures), or of a stack; longer ones are truncated. */
  exceptionMessageLengthMax: 16 * KiB,
  /** Bytes of a hello, which is read before the peer is known. */
  helloBytesMax: 4 * KiB,
  /** Bytes of a route; a node keeps as many as `routesPerConnectionMax` of them. */
  routeBytesMax: 64 * KiB,
  /** Bytes of scripts, unpacked, in one deployment message: at least the largest script. */
  putBytesMax: 16 * MiB,
  /**
   * Characters of all types of one signature, which must fit into a route. A compiled type takes about 40 times that.
   */
  signatureLengthMax: 32 * KiB,
  /** The same for all described signatures of one rpc, which a caller compiles. */
  describedSignaturesLengthMax: 256 * KiB,
  /** The same for all compiled signatures that a process caches. */
  keptSignaturesLengthMax: 2 * MiB,
  /** Nesting of a type expression, and so of any value that passes the type check. */
  typeDepthMax: 32,
  /** Nesting of JSON in a text message, checked while scanning, before it is parsed. */
  jsonDepthMax: 128,
  /** Bytes of a stream's items in flight to their receiver, unless one item is larger. */
  streamWindowBytes: 512 * KiB,
  /** How long items of one stream are sent without a pause before other work has its turn. */
  streamSliceMs: 5,
  /** Unused credit of one stream, in bytes. */
  streamCreditBytesMax: 16 * MiB,
  /** How many more grants than items one stream may have. farcall is at most one ahead. */
  creditGrantsAheadMax: 16,
  /**
   * Milliseconds of an event-loop turn for one connection, and for all: a quiet caller never waits for more than a few
   * turns.
   */
  sliceMs: 2,
  turnShareMs: 4,
  /** Messages of small scripts that a node checks itself, one after the other; more at once go to a helper. */
  smallScriptMessagesMax: 16,
  /** The minimum for every connection, enough to read a hello and some calls. */
  sliceMsLeast: 0.1,
  /** The same for possible clients that have not made a request yet. */
  guestSliceMs: 1,
  guestsTurnMs: 2,
  /** The same for strangers: one, all of them; and how many times as long they rest afterwards. */
  strangerSliceMs: 0.5,
  strangersTurnMs: 1,
  strangersRest: 4,
  /** The same for incomplete messages of one group, while connections wait to be accepted. */
  patientsTurnMs: 0.5,
  /** Total bytes of large buffers that a process pools. */
  spareBuffersBytesMax: 8 * MiB,
  /** How far the time of a signed request may differ from the node's clock. */
  proofWindowMs: 60 * second,
  /** Bytes, and header fields, of the head of an HTTP request: browsers send about 1 KiB and 20. */
  httpHeadBytesMax: 16 * KiB,
  httpFieldsMax: 100,
  /** Bytes of a line between the chunks of an HTTP body: a size, or a field of the trailer. */
  httpChunkLineBytesMax: 1 * KiB,
  /** How long an error waits to read a node's certificate, which it names. */
  certificateProbeMs: 1 * second,
  /** How long a process is young (see lib/timers): a single call from the shell ends before. */
  processYouthMs: 1 * second,
  /** The longest deadline that a caller may ask for. */
  callTimeoutMsMax: 24 * 60 * 60 * second,
  /** Changes within this belong to one save; and the longest wait for changes to stop. */
  watchQuietMs: 20,
  watchQuietMsMax: 1 * second,
  /** Bytes of arguments kept for calls in flight, in case their executor ends before they begin. */
  executorKeptBytesMax: 4 * MiB,
  /** Bytes of large arguments and results after which an executor collects them. */
  executorGarbageBytesMax: 8 * MiB,
  /**
   * Freed memory that an executor retains for its next values: a share of its service's memory, and at most this many
   * bytes. With less than one collection frees, every large value would take new memory.
   */
  executorSpareShare: 1 / 16,
  executorSpareBytesMax: 32 * MiB,
  /** How long the system may take to report executors' memory. */
  memoryReadTimeoutMs: 10 * second,
  /** How long the system may take to report the owners of sockets, and connections from this machine per query. */
  socketOwnersTimeoutMs: 5 * second,
  socketOwnersAtOnceMax: 256,
  /** Retries of that query after an executor has just ended. */
  socketOwnersTriesMax: 3,
  ...packetBounds,
  ...bundling,
  /** Bytes that a node holds for its callers by default: this share of the available memory, but at least this many. */
  nodeMemoryShare: 0.5,
  nodeMemoryBytesMin: 64 * MiB,
  /** And at most this share of its heap, on which parsed messages live. */
  nodeMemoryHeapShare: 0.75,
  /** The bytes if that amount is unknown. */
  nodeMemoryBytesDefault: 1024 * MiB,
  /** Bytes of a call in flight besides its arguments, and of each of its streams. */
  callCostBytes: 1 * KiB,
  /** The memory of a JSON message in flight, as a multiple of its size: text, values, payload (measured: 3 to 6). */
  jsonCostFactor: 6,
  /** The same if a helper reads it: the payload, twice on its way to the executor. */
  helpedJsonCostFactor: 2,
  /** The same for a JSON result until it is read: values, text, bytes, and the framed bytes. */
  jsonResultCostFactor: 3,
  /**
   * A client or key gets more of a shared resource (a service's concurrent calls, remembered signed requests) while it
   * has fewer than this many for each free one: alone it gets 7 of 8, and others always find some.
   */
  heldPerFreeMax: 7,
  /** How long work in steps runs before other work has its turn. */
  sliceOfStepsMs: 5,
  /** The first slice, if other such work waits for its turn. */
  firstSliceOfStepsMs: 1,
  ...traceBounds,
  ...webConsoleBounds,
  /** Bytes of an executor's frame with an exception, escaped, with its stack. */
  linkTextBytesMax: 256 * KiB,
  /** Bytes of an executor's frame about scripts that it could not load: messages and stacks, escaped. */
  readyBytesMax: 8 * MiB,
  /** Scripts in that frame. */
  loadProblemsMax: 64,
  /** Characters of one of these stacks. */
  loadStackLengthMax: 4 * KiB,
  ...consoleBounds,
  ...scriptCallLimits,
  /** Blocks and functions of a script in each other: the parser looks through all of them for an `await`. */
  scriptDepthMax: 512,
  /** Bytes of one script, bundled. */
  scriptBytesMax: 16 * MiB,
  /** Bytes of a file with a private key: one takes about 120. */
  keyFileBytesMax: 16 * KiB,
  /** The interval at which a node checks its certificate files for changes. */
  certificateLookMs: 5 * second,
  /** How long before its certificate's end a node warns. */
  certificateWarnMs: 7 * 24 * 3600 * second,
  ...configurationBounds,
  /** Files that are read, written or looked up concurrently. */
  filesAtOnceMax: 64,
  /** Files of a folder that is listed to look up many: the runtime lists all in one go, 5,000 in 10 ms. */
  listedFilesMax: 10_000,
  /** The pause before retrying a local port that the system still holds for an earlier connection. */
  localPortRetryMs: 50,
  /** Nodes that `call --all` calls concurrently, by default and at most. */
  callAllAtOnce: 32,
  callAllAtOnceMax: 1000,
  /** Retries of a call at all of its providers. */
  retriesMax: 100,
  /** Services, and overloads of one service, in one manifest. */
  servicesMax: 10_000,
  overloadsPerServiceMax: 65_535,
  /** Examples of one overload, which run on every deployment that changes its service. */
  examplesPerOverloadMax: 100,
  /** Failed examples of one service that are shown. */
  examplesShownMax: 10,
  /** Clients in one manifest. */
  clientsMax: 100_000,
  /** Calls in the rate of one client, and in its burst: more than a node can serve. */
  rateCallsMax: 10_000_000,
  /** Characters of a name of a server, client, service or rpc. */
  nameLengthMax: 128,
  /** Characters of a deployer's name, and of a deployment's id. */
  deployerLengthMax: 256,
  /** The window of latencies in a node's status: the last one to two of these. */
  statusWindowMs: 60 * second,
  /** Generations that a node keeps, the current one included. */
  generationsKept: 16,
  /** Lost scripts of one generation that are named; others are counted. */
  damageShownMax: 5,
  /** Characters of a log record's field, of one with a reason, and of one with several lines. */
  logFieldLengthMax: 200,
  logReasonLengthMax: 1000,
  logBlockLengthMax: 8 * KiB,
  /** Stacks of failed calls that a node keeps for deployers. */
  failuresKept: 64,
  /** Rotated files of a log that are kept. */
  logFilesKept: 5,
  agents: agentBounds,
  peer: peerBounds,
  nats,
  leastUseful,
  fleet,
  rawIp,
} as const;

/** The bounds that a single node, caller, deployer or log may override. */
export type Limits = Numbers<typeof choices>;

/** Overrides of some: `{ drainTimeoutMs: 300, serviceDefaults: { queueMax: 2 } }`. */
export type LimitChanges = Changes<Limits>;

/** Every bound, with its default value. Frozen. */
export const limits: Numbers<typeof defaults> & Limits = frozen(defaults);

/**
 * The bounds with some overrides, for one node, caller, deployer or log, which passes them to its parts.
 *
 * @throws {TypeError} If an override names no bound.
 */
export function limitsWith(changes: LimitChanges = {}, base: Limits = limits): Limits {
  const isNone = Object.values(changes).every((value) => value === undefined);
  return isNone ? base : frozen(changed(base, changes));
}
