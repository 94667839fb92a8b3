/**
 * Every bound of farcall, in one place, with its unit and its reason. A queue, loop, frame, depth or
 * wait that is not bounded from here is a defect.
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
  /** Items of a list: each takes at least one byte of a message, and a comma. */
  listItemsMax: choices.messageBytesMax / 2,
  /** Bytes of scripts that a deployment puts into one message, unless one script is larger. */
  putBatchBytes: 4 * MiB,
  ...connectionBounds,
  /** An executor that runs calls looks after this at what else has come: cancels, pings, other calls. */
  executorSliceMs: 10,
  /** Bytes that every peer must accept in one message: room for the longest exception. */
  messageBytesMaxLeast: 128 * KiB,
  /** Characters of an exception's message (some hundred signatures), or of a stack; more are cut off. */
  exceptionMessageLengthMax: 16 * KiB,
  /** Bytes of a hello, which is read before anyone is known. */
  helloBytesMax: 4 * KiB,
  /** Bytes of a route; a node keeps as many as `routesPerConnectionMax` of them. */
  routeBytesMax: 64 * KiB,
  /** Bytes of scripts, unpacked, in one deployment message: at least the largest script. */
  putBytesMax: 16 * MiB,
  /** Characters of all types of one signature: it has to fit into a route. A compiled type takes some 40 times that. */
  signatureLengthMax: 32 * KiB,
  /** Of all signatures of one rpc that a node describes: what a caller compiles for it. */
  describedSignaturesLengthMax: 256 * KiB,
  /** Of all compiled signatures that a process keeps for the next use. */
  keptSignaturesLengthMax: 2 * MiB,
  /** Nesting of a type expression, and so of any value that passes the type check. */
  typeDepthMax: 32,
  /** Nesting of JSON in a text message, checked while scanning, before it is parsed. */
  jsonDepthMax: 128,
  /** Bytes of a stream's items in flight to their receiver, unless one item is larger. */
  streamWindowBytes: 512 * KiB,
  /** Items of one stream that come without a pause are sent for so long before all else has its turn. */
  streamSliceMs: 5,
  /** Bytes of credit that a caller may have given for one stream and that were not used. */
  streamCreditBytesMax: 16 * MiB,
  /** Credit for one stream may be given so many times more often than items came. farcall gives it once ahead. */
  creditGrantsAheadMax: 16,
  /**
   * What one connection may take of a turn of the event loop before it waits for the next one, and what all may: a
   * quiet caller never waits for more than a few turns.
   */
  sliceMs: 2,
  turnShareMs: 4,
  /** So much everyone may take of a turn, however many there are: that reads a hello, and some calls. */
  sliceMsLeast: 0.1,
  /** The same of those who may be clients, and have not asked for anything yet. */
  guestSliceMs: 1,
  guestsTurnMs: 2,
  /** The same of strangers: one of them, all of them; and for how many times of that they leave the loop to others. */
  strangerSliceMs: 0.5,
  strangersTurnMs: 1,
  strangersRest: 4,
  /** Large buffers that a process keeps for the next use, in all. */
  spareBuffersBytesMax: 8 * MiB,
  /** A request that is signed by itself is good for this long before and after, by the node's clock. */
  proofWindowMs: 60 * second,
  /** Bytes, and header fields, of the head of an HTTP request: browsers send about 1 KiB and 20. */
  httpHeadBytesMax: 16 * KiB,
  httpFieldsMax: 100,
  /** Bytes of a line between the chunks of an HTTP body: a size, or a field of the trailer. */
  httpChunkLineBytesMax: 1 * KiB,
  /** Looking at a node's certificate to name it in an error, which waits for that. */
  certificateProbeMs: 1 * second,
  /** How long a process is young, and its timers cost nothing: a single call from the shell ends before. */
  processYouthMs: 1 * second,
  /** The longest deadline that a caller may ask for. */
  callTimeoutMsMax: 24 * 60 * 60 * second,
  /** Files that change within this belong to one save; a stream of changes is not waited out beyond this. */
  watchQuietMs: 20,
  watchQuietMsMax: 1 * second,
  /** Bytes of arguments of calls in flight that are kept, lest their executor end before they begin. */
  executorKeptBytesMax: 4 * MiB,
  /** Bytes of large arguments and results after which an executor collects them. */
  executorGarbageBytesMax: 8 * MiB,
  /**
   * Freed memory that an executor keeps for its next values: a share of its service's memory, and at most this many
   * bytes. Less than what it frees in one collection would have every large value take new memory.
   */
  executorSpareShare: 1 / 16,
  executorSpareBytesMax: 32 * MiB,
  /** How long the system may take to say how much memory executors have. */
  memoryReadTimeoutMs: 10 * second,
  /** How long the system may take to say whose sockets are, and connections from this machine that it is asked of at once. */
  socketOwnersTimeoutMs: 5 * second,
  socketOwnersAtOnceMax: 256,
  /** How often it is asked again where an executor has just ended. */
  socketOwnersTriesMax: 3,
  ...packetBounds,
  ...bundling,
  /** Bytes that a node holds for its callers, by default: this share of the available memory, but at least so many. */
  nodeMemoryShare: 0.5,
  nodeMemoryBytesMin: 64 * MiB,
  /** And at most this share of its heap, on which parsed messages live. */
  nodeMemoryHeapShare: 0.75,
  /** If the amount is unknown. */
  nodeMemoryBytesDefault: 1024 * MiB,
  /** Bytes that a call in flight takes besides its arguments, and each of its streams. */
  callCostBytes: 1 * KiB,
  /** A message of JSON takes so many times its bytes while its call is in flight: text, values, payload (measured: 3 to 6). */
  jsonCostFactor: 6,
  /** One that a helper reads, so many: the payload, and that once more on its way to the executor. */
  helpedJsonCostFactor: 2,
  /** And a result in JSON, until it was read: values, text, its bytes, and those with what goes around them. */
  jsonResultCostFactor: 3,
  /**
   * Of what all share (the places of a service, the signed requests that a node remembers) one client, or key, gets more
   * while it has fewer than so many for each that is free: alone, 7 of 8, and others always find some.
   */
  heldPerFreeMax: 7,
  /** Work in steps lets everything else have its turn after this. */
  sliceOfStepsMs: 5,
  ...traceBounds,
  ...webConsoleBounds,
  /** Bytes of what an executor says of its scripts in one frame: an exception, escaped, with its stack. */
  linkTextBytesMax: 256 * KiB,
  /** Bytes of what an executor says of scripts that it could not load: their messages and stacks, escaped. */
  readyBytesMax: 8 * MiB,
  /** Scripts of which it says so. */
  loadProblemsMax: 64,
  /** Characters of a stack of these. */
  loadStackLengthMax: 4 * KiB,
  ...consoleBounds,
  ...scriptCallLimits,
  /** Bytes of one script, bundled. */
  scriptBytesMax: 16 * MiB,
  /** Bytes of a file with a private key: one takes about 120. */
  keyFileBytesMax: 16 * KiB,
  /** How often a node looks whether the files of its certificate have changed. */
  certificateLookMs: 5 * second,
  /** A node warns of its certificate's end so long before. */
  certificateWarnMs: 7 * 24 * 3600 * second,
  ...configurationBounds,
  /** Files that are read, written or looked up at the same time. */
  filesAtOnceMax: 64,
  /** A local port that the system still keeps for an earlier connection is asked for again after this. */
  localPortRetryMs: 50,
  /** Nodes that `call --all` calls at the same time, by default and at most. */
  callAllAtOnce: 32,
  callAllAtOnceMax: 1000,
  /** How often a call may be tried again on all of its providers: the pauses end most of them before. */
  retriesMax: 100,
  /** Services, and overloads of one service, in one manifest. */
  servicesMax: 10_000,
  overloadsPerServiceMax: 65_535,
  /** Examples of one overload; they are run on every deployment that changes its service. */
  examplesPerOverloadMax: 100,
  /** Examples that failed, of one service, that are shown. */
  examplesShownMax: 10,
  /** Clients in one manifest. */
  clientsMax: 100_000,
  /** Calls in the rate of one client, and in its burst: more than a node can serve. */
  rateCallsMax: 10_000_000,
  /** Characters of a name of a server, client, service or rpc. */
  nameLengthMax: 128,
  /** Characters of a deployer's name, and of a deployment's id. */
  deployerLengthMax: 256,
  /** Latencies in a node's status are of the last one to two of these. */
  statusWindowMs: 60 * second,
  /** Generations that a node keeps, the current one included. */
  generationsKept: 16,
  /** Lost scripts of one generation that are named; of more, the rest are counted. */
  damageShownMax: 5,
  /** Characters of a field of a record in the log, of one that says why something failed, and of several lines. */
  logFieldLengthMax: 200,
  logReasonLengthMax: 1000,
  logBlockLengthMax: 8 * KiB,
  /** Stacks of failed calls that a node keeps for those who may deploy. */
  failuresKept: 64,
  /** Files of a log that are kept besides the one that is written to. */
  logFilesKept: 5,
  agents: agentBounds,
  peer: peerBounds,
  nats,
  leastUseful,
  fleet,
  rawIp,
} as const;

/** What a node, a caller, a deployer or a log can be made with others of. Of all else there is one for everybody. */
export type Limits = Numbers<typeof choices>;

/** Some of them, with other values: `{ drainTimeoutMs: 300, serviceDefaults: { queueMax: 2 } }`. */
export type LimitChanges = Changes<Limits>;

/** Every bound, and those of all that is given no others when it is made. Nothing can change them. */
export const limits: Numbers<typeof defaults> & Limits = frozen(defaults);

/**
 * The bounds for one node, caller, deployer or log: these, with some changes. What is made with them passes them inward.
 *
 * @throws {TypeError} If a change has the name of no bound.
 */
export function limitsWith(changes: LimitChanges = {}, base: Limits = limits): Limits {
  const isNone = Object.values(changes).every((value) => value === undefined);
  return isNone ? base : frozen(changed(base, changes));
}
