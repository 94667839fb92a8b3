/** What a node, a caller, a deployer or a log may be made with others of; see `limitsWith`. */
import { connectionChoices } from "./_connections.ts";
import { executorBudget, serviceBounds, serviceDefaults } from "./_services.ts";
import { rawIp } from "./_networks.ts";
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const choices = {
  /** Bytes of one message, of either framing: room for 16 MiB of data and its envelope. */
  messageBytesMax: 16 * MiB + 64 * KiB,
  /** Routes that one connection may define; they count for what they cost. */
  routesPerConnectionMax: 4096,
  /** Calls that one connection may have in flight; more are refused as Overloaded. */
  callsInFlightPerConnectionMax: 4096,
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
  /** Signed requests that a node remembers, for twice that and more; each takes some 40 bytes. */
  signedRequestsMax: 1_000_000,
  /** Requests in one batch of JSON-RPC, which run at the same time. */
  batchRequestsMax: 1000,
  /** A JSON-RPC connection that asks for nothing this long, with nothing to be answered, is closed. */
  jsonRpcIdleTimeoutMs: 10 * 60 * second,
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
  /** The deadline of a call that names none. */
  callTimeoutMs: 30 * second,
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
  /** A whole deployment on a node, from its begin to its commit, however busy its deployer is. */
  deploymentTimeoutMs: 15 * 60 * second,
  /** An uncommitted staged generation is dropped after this. */
  stageTimeoutMs: 5 * 60 * second,
  /** How long a stopping node waits for calls in flight. */
  drainTimeoutMs: 10 * second,
  /** How long it then waits for callers that were told goodbye to leave. */
  goodbyeTimeoutMs: 1 * second,
  /** How often a node looks after its executors: those with calls in flight, and all of them. */
  watchBusyMs: 100,
  watchIdleMs: 1 * second,
  /** Bytes that a node holds for its callers; Infinity stands for a share of the memory. */
  nodeMemoryBytesMax: Infinity,
  /** Bytes that a node holds for one client, if half of its memory is not less: arguments, results, messages. */
  clientBytesMax: 256 * MiB,
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
  /** A helper that has nothing to do for this long ends. */
  helperIdleMs: 10 * second,
  /** How long a start waits for a root that another process holds, e.g. one that is just ending. */
  rootLockTimeoutMs: 300,
  /** A provider that could not be reached is passed over for this long, where there are others; then probed. */
  unreachableAvoidMs: 2 * second,
  /** So is one that was overloaded: it refuses fast, and would seem to be the one with the least to do. */
  overloadedAvoidMs: 100,
  /** Connections to nodes that a caller keeps; of more, those unused for the longest time are let go. */
  connectionsPerCallerMax: 256,
  /** The longest first pause before a call is tried again; it doubles each time, up to the other. */
  retryPauseMs: 50,
  retryPauseMsMax: 2 * second,
  /** How long at least, and how much, a node reads of what a caller still sends after its answer. */
  lingerMs: 1 * second,
  lingerBytesMax: 64 * MiB,
  /** Connections at once that are read on so; of more, the first ones end. Some seconds of them fill an address's share. */
  lingeringMax: 512,
  /** One example must have ended within this, and all of a service's within the other. */
  exampleTimeoutMs: 10 * second,
  examplesTimeoutMs: 40 * second,
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
  /** Nodes that one deployment talks to at the same time. */
  deployNodesAtOnceMax: 16,
  /** Characters of records that wait for a slow disk or pipe; those beyond are counted instead. */
  logQueueLengthMax: 4 * MiB,
  /** Characters of records that go in one write. */
  logWriteLengthMax: 256 * KiB,
  /** How long an ending program waits for its log to be written. */
  logFlushTimeoutMs: 1 * second,
  /** How often a log looks whether its file has been renamed. */
  logLookMs: 1 * second,
  /** A log that could not be rotated tries again after this. */
  logRotateRetryMs: 10 * second,
  /** Characters of records that a node without a log file keeps in memory: some thousands. */
  logRingLength: 2 * MiB,
  /** Characters of one answer with records, and of those that are looked through for it. */
  logBatchLength: 64 * KiB,
  logScanLength: 1 * MiB,
  /** How long a node waits for records to come before it answers that there are none, and lets more come with the first. */
  logWaitMs: 10 * second,
  logGatherMs: 50,
  /** Readers of a log on disk at once; others wait. */
  logReadersAtOnceMax: 2,
  /** Records are asked for that were made within this time, where nobody says otherwise. */
  logSinceMs: 60 * 60 * second,
  /** Who follows logs lets this pass after a record, as records of other nodes may be older. */
  logMergeMs: 100,
  /** A node whose log is followed and that cannot be reached is tried again after this. */
  logRetryMs: 1 * second,
  /** Rotated files of a log that are read. */
  logFilesReadMax: 100,
  /** Records a second about one connection, what comes from one address, and a node's peers in all; then they are counted. */
  refusalRecordsPerConnectionMax: 20,
  refusalRecordsPerAddressMax: 50,
  refusalRecordsMax: 100,
  /** The same for records of how connections begin and end. */
  connectionRecordsPerConnectionMax: 20,
  connectionRecordsPerAddressMax: 500,
  connectionRecordsMax: 1000,
  /** The head of an HTTP request must be complete within this, counted from its first byte. */
  httpHeadTimeoutMs: 10 * second,
  /** The body of an HTTP request must be complete within this, counted from the end of its head. */
  httpBodyTimeoutMs: 30 * second,
  /**
   * An HTTP connection without a request for this long is closed; operators may say otherwise. Balancers keep theirs
   * for 60 s: the client must close first, or a request is lost in transit.
   */
  httpIdleTimeoutMs: 75 * second,
  /** Calls of one executor's scripts to other services that have no answer: each holds its arguments at the node. */
  scriptCallsMax: 256,
  ...executorBudget,
  ...connectionChoices,
  serviceDefaults,
  serviceBounds,
  rawIp: { silentMs: rawIp.silentMs },
} as const;
