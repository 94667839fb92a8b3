/**
 * Every bound of farcall, in one place, with its unit and its reason. A queue, loop, frame, depth or
 * wait that is not bounded from here is a defect.
 *
 * This room knows nothing of any other.
 *
 * @module
 */

import { agentBounds } from "./_agents.ts";
import { bundling } from "./_bundling.ts";
import { configurationBounds } from "./_configuration.ts";
import { consoleBounds } from "./_console.ts";
import { KiB, MiB } from "./units.ts";
import { changed, type Changes, frozen, type Numbers } from "./_changes.ts";
import { executorBudget } from "./_executor_budget.ts";
import { logBounds } from "./_log.ts";
import { connectionBounds } from "./_connections.ts";
import { traceBounds } from "./_traces.ts";
import { packetBounds } from "./_packets.ts";
import { peerBounds } from "./_peer.ts";
import { fleet } from "./_fleet.ts";
import { nats } from "./_nats.ts";
import { rawIp } from "./_raw_ip.ts";
import { webConsoleBounds } from "./_web_console.ts";
export { KiB, MiB } from "./units.ts";
import { scriptCallLimits } from "./_script_calls.ts";
import { leastUseful, serviceBounds, serviceDefaults } from "./_service.ts";

const second = 1000;

const defaults = {
  /** Bytes of one message, of either framing: room for 16 MiB of data and its envelope. */
  messageBytesMax: 16 * MiB + 64 * KiB,
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
  /** Bytes of scripts that a deployment puts into one message, unless one script is larger. */
  putBatchBytes: 4 * MiB,
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
  /** Routes that one connection may define; they count for what they cost. */
  routesPerConnectionMax: 4096,
  /** Calls that one connection may have in flight; more are refused as Overloaded. */
  callsInFlightPerConnectionMax: 4096,
  /** Bytes of a stream's items in flight to their receiver, unless one item is larger. */
  streamWindowBytes: 512 * KiB,
  /** Items of one stream that come without a pause are sent for so long before all else has its turn. */
  streamSliceMs: 5,
  /** Bytes of credit that a caller may have given for one stream and that were not used. */
  streamCreditBytesMax: 16 * MiB,
  /** Credit for one stream may be given so many times more often than items came. farcall gives it once ahead. */
  creditGrantsAheadMax: 16,
  /** Frames that mean nothing which a connection may send; frames that crossed their call's answer do not count. */
  strayFramesMax: 16,
  /** Pings that a node answers at once, and each second. farcall sends one in 5 s at most. */
  pingsMax: 100,
  pingsPerSecondMax: 100,
  /** Calls with streams that one connection may have in flight: as many windows may wait on the node. */
  streamingCallsPerConnectionMax: 256,
  /** Questions other than calls that one connection may have open; a deployment sends scripts so. */
  requestsPerConnectionMax: 64,
  /**
   * What one connection may take of a turn of the event loop before it waits for the next one, and what all may: a
   * quiet caller never waits for more than a few turns.
   */
  sliceMs: 2,
  tickNowMs: 4,
  /** So much everyone may take of a turn, however many there are: that reads a hello, and some calls. */
  sliceMsLeast: 0.1,
  /** The same of those who may be clients, and have not asked for anything yet. */
  guestSliceMs: 1,
  guestsTurnMs: 2,
  /** The same of strangers: one of them, all of them; and for how many times of that they leave the loop to others. */
  strangerSliceMs: 0.5,
  strangersTurnMs: 1,
  strangersRest: 4,
  /**
   * Work that a connection from no client's address may cause at once, and then each second, before it is ended: a frame
   * counts 1, a KiB 1, a refused call or request `refusalWork`. Hellos, proofs and probes take a few of these.
   */
  strangerWorkMax: 2000,
  strangerWorkPerSecond: 200,
  refusalWork: 10,
  /** A client on whose connection so many more calls were refused than let in has a stranger's part of the turns. */
  refusedAheadMax: 1000,
  /** Bytes of messages that are not complete, on all connections of a node, if half of its memory is not less; beyond, some are closed. */
  pendingBytesMax: 512 * MiB,
  /** Bytes that wait to be written on one connection before its reader is made to wait. */
  outboxBytesHigh: 4 * MiB,
  /** Large buffers that a process keeps for the next use, in all. */
  spareBuffersBytesMax: 8 * MiB,
  /**
   * A caller writes before its turn is over once so many bytes are there: about two dozen small calls. With fewer, the
   * writes cost more than is won (`deno task bench peers`).
   */
  eagerBytes: 640,
  /** Bytes of one write, and the time that a peer may take for it: slower is as good as dead. */
  writeBytesMax: 1 * MiB,
  writeTimeoutMs: 60 * second,
  /** Bytes that wait on one connection; a peer that lets more pile up is cut off. Above what its client may have held. */
  outboxBytesMax: 272 * MiB,
  /** How often a node looks whether the time of a connection is up. */
  sweepEveryMs: 1 * second,
  /** The first byte of a connection must come within this. */
  firstByteTimeoutMs: 10 * second,
  /** A text request must be complete within this, counted from its first byte. */
  textRequestTimeoutMs: 10 * second,
  /** A request that is signed by itself is good for this long before and after, by the node's clock. */
  proofWindowMs: 60 * second,
  /** Signed requests that a node remembers, for twice that and more; each takes some 40 bytes. */
  signedRequestsMax: 1_000_000,
  /** Requests in one batch of JSON-RPC, which run at the same time. */
  batchRequestsMax: 1000,
  /** A JSON-RPC connection that asks for nothing this long, with nothing to be answered, is closed. */
  jsonRpcIdleTimeoutMs: 10 * 60 * second,
  /** Bytes, and header fields, of the head of an HTTP request: browsers send about 1 KiB and 20. */
  httpHeadBytesMax: 16 * KiB,
  httpFieldsMax: 100,
  /** Bytes of a line between the chunks of an HTTP body: a size, or a field of the trailer. */
  httpChunkLineBytesMax: 1 * KiB,
  /** The head of an HTTP request must be complete within this, counted from its first byte. */
  httpHeadTimeoutMs: 10 * second,
  /** The body of an HTTP request must be complete within this, counted from the end of its head. */
  httpBodyTimeoutMs: 30 * second,
  /**
   * An HTTP connection without a request for this long is closed; operators may say otherwise. Balancers keep theirs
   * for 60 s: the client must close first, or a request is lost in transit.
   */
  httpIdleTimeoutMs: 75 * second,
  /** The hello of a framed connection must be complete within this, counted from its first byte. */
  helloTimeoutMs: 10 * second,
  /** A key named in a hello must be proved within this: a round trip, and a signature. */
  proofTimeoutMs: 10 * second,
  /** A started frame must be complete within this. */
  frameTimeoutMs: 30 * second,
  /** A connection without a frame for this long is pinged, and closed if it does not answer. */
  keepAliveMs: 30 * second,
  /** A caller looks this often whether a node that owes it an answer says anything, and pings it if not. */
  nodeSilentMs: 5 * second,
  /** And this often at one that owes it nothing: such a one pings it, so that something always comes. */
  nodeIdleMs: 45 * second,
  /** It is given up as dead if nothing comes for this long after the ping: a live one answers at once. */
  pongTimeoutMs: 10 * second,
  /** The head start of one address of a name before the next one is tried, too: what RFC 8305 §5 recommends. */
  connectAttemptDelayMs: 250,
  /** Connecting to a node, the first frames included. */
  connectTimeoutMs: 5 * second,
  /** Looking at a node's certificate to name it in an error, which waits for that. */
  certificateProbeMs: 1 * second,
  /** How long a process is young, and its timers cost nothing: a single call from the shell ends before. */
  processYouthMs: 1 * second,
  /** The deadline of a call that names none. */
  callTimeoutMs: 30 * second,
  /** The longest deadline that a caller may ask for. */
  callTimeoutMsMax: 24 * 60 * 60 * second,
  /** One step of a deployment (observe, stage, commit, abort) on one node. */
  deployStepTimeoutMs: 60 * second,
  /** How much longer a node may take to stage a manifest, for each of its services: it starts those that are new. */
  stageServiceTimeoutMs: 1 * second,
  /** A node that does not hear an abort within this will forget what it staged by itself. */
  deployAbortTimeoutMs: 5 * second,
  /** How long a deployment tries to bring a node back that it lost while the others committed. */
  deployRecoveryMs: 20 * second,
  /** How often it tries, and asks a node again that has too many scripts to check. */
  deployRecoveryRetryMs: 200,
  /** Files that change within this belong to one save; a stream of changes is not waited out beyond this. */
  watchQuietMs: 20,
  watchQuietMsMax: 1 * second,
  /** A whole deployment on a node, from its begin to its commit, however busy its deployer is. */
  deploymentTimeoutMs: 15 * 60 * second,
  /** An uncommitted staged generation is dropped after this. */
  stageTimeoutMs: 5 * 60 * second,
  /** How long a stopping node waits for calls in flight. */
  drainTimeoutMs: 10 * second,
  /** How long it then waits for callers that were told goodbye to leave. */
  goodbyeTimeoutMs: 1 * second,
  /** Bytes of arguments of calls in flight that are kept, lest their executor end before they begin. */
  executorKeptBytesMax: 4 * MiB,
  /** How often a node looks after its executors: those with calls in flight, and all of them. */
  watchBusyMs: 100,
  watchIdleMs: 1 * second,
  /** How long the system may take to say how much memory executors have. */
  memoryReadTimeoutMs: 10 * second,
  /** How long the system may take to say whose sockets are, and connections from this machine that it is asked of at once. */
  socketOwnersTimeoutMs: 5 * second,
  socketOwnersAtOnceMax: 256,
  /** How often it is asked again where an executor has just ended. */
  socketOwnersTriesMax: 3,
  ...executorBudget,
  ...packetBounds,
  ...bundling,
  /** Bytes that a node holds for its callers; Infinity stands for a share of the memory. */
  nodeMemoryBytesMax: Infinity,
  /** Bytes that a node holds for its callers, by default: this share of the available memory, but at least so many. */
  nodeMemoryShare: 0.5,
  nodeMemoryBytesMin: 64 * MiB,
  /** And at most this share of its heap, on which parsed messages live. */
  nodeMemoryHeapShare: 0.75,
  /** If the amount is unknown. */
  nodeMemoryBytesDefault: 1024 * MiB,
  /** Bytes that a node holds for one client, if half of its memory is not less: arguments, results, messages. */
  clientBytesMax: 256 * MiB,
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
  /** Bytes of calls that wait for an executor of one service; more are Overloaded. */
  queueBytesMax: 256 * MiB,
  /**
   * Bytes of a request or result outside of frames from which on a helper reads or writes it, and not the event loop.
   * No less than what strangers may send. Nor much more: a runtime that always has something to go on with looks at
   * its sockets every 61st time only, and reading this much takes it 3 ms.
   */
  helperBytesMin: 32 * KiB,
  /** Helpers that read and write such messages, and helpers that check scripts, at once. */
  helpersMax: 2,
  scriptHelpersMax: 1,
  /** Bytes of the heap of one helper, and of all its memory: the largest message, read, takes about as much. */
  helperHeapBytes: 1024 * MiB,
  helperMemoryBytes: 1536 * MiB,
  /** How long a helper may take for one message, and for one message of scripts. */
  helperTimeoutMs: 30 * second,
  scriptCheckTimeoutMs: 60 * second,
  /** Bytes of messages that wait for a helper, and how long each may; more are Overloaded. */
  helperQueueBytesMax: 256 * MiB,
  helperWaitMs: 30 * second,
  /** Work in steps lets everything else have its turn after this. */
  sliceOfStepsMs: 5,
  /** A helper that has nothing to do for this long ends. */
  helperIdleMs: 10 * second,
  ...logBounds,
  ...connectionBounds,
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
  /** How long a start waits for a root that another process holds, e.g. one that is just ending. */
  rootLockTimeoutMs: 300,
  /** A local port that the system still keeps for an earlier connection is asked for again after this. */
  localPortRetryMs: 50,
  /** A provider that could not be reached is passed over for this long, where there are others; then probed. */
  unreachableAvoidMs: 2 * second,
  /** So is one that was overloaded: it refuses fast, and would seem to be the one with the least to do. */
  overloadedAvoidMs: 100,
  /** Connections to nodes that a caller keeps; of more, those unused for the longest time are let go. */
  connectionsPerCallerMax: 256,
  /** Nodes that `call --all` calls at the same time, by default and at most. */
  callAllAtOnce: 32,
  callAllAtOnceMax: 1000,
  /** How often a call may be tried again on all of its providers: the pauses end most of them before. */
  retriesMax: 100,
  /** The longest first pause before that; it doubles each time, up to the other. */
  retryPauseMs: 50,
  retryPauseMsMax: 2 * second,
  /** How long at least, and how much, a node reads of what a caller still sends after its answer. */
  lingerMs: 1 * second,
  lingerBytesMax: 64 * MiB,
  /** Services, and overloads of one service, in one manifest. */
  servicesMax: 10_000,
  overloadsPerServiceMax: 65_535,
  /** Examples of one overload; they are run on every deployment that changes its service. */
  examplesPerOverloadMax: 100,
  /** One example must have ended within this, and all of a service's within the other. */
  exampleTimeoutMs: 10 * second,
  examplesTimeoutMs: 40 * second,
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
  /** A node that does not say within this how it is counts as out of reach. */
  statusTimeoutMs: 5 * second,
  /**
   * Services, rpcs, and pairs of an rpc and a client that a node's metrics tell apart; the others are counted
   * together. A pair takes some 300 bytes of the node, and a line of 100 in each scrape; an rpc 20 lines.
   */
  metricServicesMax: 1000,
  metricRpcsMax: 2000,
  metricClientsMax: 10_000,
  /** Connections at once to a port that is for monitors alone. */
  metricConnectionsMax: 32,
  /** Latencies in a node's status are of the last one to two of these. */
  statusWindowMs: 60 * second,
  /** Generations that a node keeps, the current one included. */
  generationsKept: 16,
  /** Lost scripts of one generation that are named; of more, the rest are counted. */
  damageShownMax: 5,
  /** Nodes that one deployment talks to at the same time. */
  deployNodesAtOnceMax: 16,
  agents: agentBounds,
  peer: peerBounds,
  serviceDefaults,
  serviceBounds,
  leastUseful,
  nats,
  fleet,
  rawIp,
} as const;

/** Every bound that a node, a caller or a peer keeps to. */
export type Limits = Numbers<typeof defaults>;

/** Some of them, with other values: `{ drainTimeoutMs: 300, serviceDefaults: { queueMax: 2 } }`. */
export type LimitChanges = Changes<Limits>;

/** The bounds of all that is given no others when it is made. Nothing can change them. */
export const limits: Limits = frozen(defaults);

/**
 * The bounds for one node, caller or peer: these, with some changes. What is made with them passes them inward.
 *
 * @throws {TypeError} If a change has the name of no bound.
 */
export function limitsWith(changes: LimitChanges = {}, base: Limits = limits): Limits {
  const isNone = Object.values(changes).every((value) => value === undefined);
  return isNone ? base : frozen(changed(base, changes));
}
