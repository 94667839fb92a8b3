/** Bounds that a single node, caller, deployer or log may override; see `limitsWith`. */
import { connectionChoices } from "./_connections.ts";
import { executorBudget, serviceBounds, serviceDefaults } from "./_services.ts";
import { rawIp } from "./_networks.ts";
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const choices = {
  /** Bytes of one message in any framing: room for 16 MiB of data and its envelope. */
  messageBytesMax: 16 * MiB + 64 * KiB,
  /** Routes that one connection may define, weighted by their cost. */
  routesPerConnectionMax: 4096,
  /** Calls that one connection may have in flight; more are refused as Overloaded. */
  callsInFlightPerConnectionMax: 4096,
  /** Meaningless frames that a connection may send, not counting those that crossed their call's answer. */
  strayFramesMax: 16,
  /** Pings that a node answers at once, and per second. farcall sends at most one in 5 s. */
  pingsMax: 100,
  pingsPerSecondMax: 100,
  /** Calls with streams that one connection may have in flight: the node may hold a window for each. */
  streamingCallsPerConnectionMax: 256,
  /** Open requests other than calls on one connection; a deployment sends scripts that way. */
  requestsPerConnectionMax: 64,
  /**
   * Work that a connection from no client's address may cause at once, and per second, before it is closed: a frame
   * counts 1, a KiB 1, a refused call or request `refusalWork`. Hellos, proofs and probes count a few.
   */
  strangerWorkMax: 2000,
  strangerWorkPerSecond: 200,
  refusalWork: 10,
  /** A client's connection with this many more refused than admitted calls gets a stranger's share of the turns. */
  refusedAheadMax: 1000,
  /**
   * Bytes of incomplete messages on all connections of a node, or half of its memory if that is less; beyond it,
   * connections are closed.
   */
  pendingBytesMax: 512 * MiB,
  /** Bytes queued for writing on one connection before reading from it pauses. */
  outboxBytesHigh: 4 * MiB,
  /**
   * A caller writes before the end of its turn once this many bytes are queued: about two dozen small calls. With
   * fewer, the extra writes cost more than they gain (`deno task bench peers`).
   */
  eagerBytes: 640,
  /**
   * Bytes of one write, room for a MiB of data and its envelope, and the time that a peer may take to read it: a slower
   * one counts as dead.
   */
  writeBytesMax: 1 * MiB + 4 * KiB,
  writeTimeoutMs: 60 * second,
  /** Bytes queued on one connection, above what its client may have held; a peer that lets more pile up is cut off. */
  outboxBytesMax: 272 * MiB,
  /** The interval at which a node checks connections' time limits. */
  sweepEveryMs: 1 * second,
  /** The first byte of a connection must arrive within this. */
  firstByteTimeoutMs: 10 * second,
  /** A text request must be complete within this, counted from its first byte. */
  textRequestTimeoutMs: 10 * second,
  /** Signed requests that a node remembers against replay, about 40 bytes each. */
  signedRequestsMax: 1_000_000,
  /** Requests in one batch of JSON-RPC, which run concurrently. */
  batchRequestsMax: 1000,
  /** A JSON-RPC connection without requests or pending answers for this long is closed. */
  jsonRpcIdleTimeoutMs: 10 * 60 * second,
  /** The hello of a framed connection must be complete within this, counted from its first byte. */
  helloTimeoutMs: 10 * second,
  /** A key named in a hello must be proved within this: a round trip, and a signature. */
  proofTimeoutMs: 10 * second,
  /** A started frame must be complete within this. */
  frameTimeoutMs: 30 * second,
  /** A connection without a frame for this long is pinged, and closed if it does not answer. */
  keepAliveMs: 30 * second,
  /** The interval at which a caller checks a node that owes it an answer, and pings it if it is silent. */
  nodeSilentMs: 5 * second,
  /** The interval for a node that owes nothing, whose own pings show that it is alive. */
  nodeIdleMs: 45 * second,
  /** A node that sends nothing for this long after a ping counts as dead: a live one answers at once. */
  pongTimeoutMs: 10 * second,
  /** The head start of one address of a host name before the next is tried, as RFC 8305 §5 recommends. */
  connectAttemptDelayMs: 250,
  /**
   * An attempt to connect without an answer for this long is made again beside it, the second time after twice as long:
   * the system repeats a lost packet only after a second. And how many attempts there are.
   */
  connectAgainMs: 50,
  connectAttemptsMax: 3,
  /** Connecting to a node, including the first frames. */
  connectTimeoutMs: 5 * second,
  /** The default deadline of a call. */
  callTimeoutMs: 30 * second,
  /** One step of a deployment (observe, stage, commit, abort) on one node. */
  deployStepTimeoutMs: 60 * second,
  /** Extra time to stage a manifest, for each of its services: new ones must start. */
  stageServiceTimeoutMs: 1 * second,
  /** How long a deployer tries to abort; a node that misses it discards its staged generation by itself. */
  deployAbortTimeoutMs: 5 * second,
  /** How long a deployment tries to complete a node that it lost while the others committed. */
  deployRecoveryMs: 20 * second,
  /** The interval of those attempts, and of retries while a node is busy checking scripts. */
  deployRecoveryRetryMs: 200,
  /** A whole deployment on a node, from begin to commit. */
  deploymentTimeoutMs: 15 * 60 * second,
  /** An uncommitted staged generation is dropped after this. */
  stageTimeoutMs: 5 * 60 * second,
  /** How long a stopping node waits for calls in flight. */
  drainTimeoutMs: 10 * second,
  /** How long it then waits for callers to disconnect after its goodbye. */
  goodbyeTimeoutMs: 1 * second,
  /** The interval at which a node checks executors with calls in flight, and all executors. */
  watchBusyMs: 100,
  watchIdleMs: 1 * second,
  /** Bytes that a node holds for its callers; Infinity means a share of the memory. */
  nodeMemoryBytesMax: Infinity,
  /** Bytes that a node holds for one client (arguments, results, messages), or half of its memory if that is less. */
  clientBytesMax: 256 * MiB,
  /** Bytes of calls that wait for an executor of one service; more are Overloaded. */
  queueBytesMax: 256 * MiB,
  /**
   * From this many bytes on, a helper instead of the event loop reads or writes a request or result outside of frames.
   * Not less than strangers may send, and not much more: a busy runtime polls its sockets only every 61st time, and
   * parsing this much takes 3 ms.
   */
  helperBytesMin: 32 * KiB,
  /**
   * From this many bytes of a script and its source map on, a helper instead of the event loop checks it, which takes
   * some milliseconds for as much of the worst kind.
   */
  scriptHelperBytesMin: 2 * KiB,
  /** Concurrent helpers for such messages, and for checking scripts. */
  helpersMax: 2,
  scriptHelpersMax: 1,
  /** Bytes of one helper's heap, and of all its memory: the largest message takes about as much when parsed. */
  helperHeapBytes: 1024 * MiB,
  helperMemoryBytes: 1536 * MiB,
  /** How long a helper may take for one message. */
  helperTimeoutMs: 30 * second,
  /**
   * The same for a message of scripts: this, and so much for each MiB. The parser takes 0.2 to 1 s for a MiB, on a
   * machine without other work.
   */
  scriptCheckTimeoutMs: 3 * second,
  scriptCheckMsPerMiB: 3 * second,
  /** From this many bytes on, messages of scripts have a helper of their own, so that smaller ones never wait for them. */
  largeScriptsBytesMin: 256 * KiB,
  /** Bytes of messages that wait for a helper, and how long each may wait; more are Overloaded. */
  helperQueueBytesMax: 256 * MiB,
  helperWaitMs: 30 * second,
  /** A helper that is idle for this long ends. */
  helperIdleMs: 10 * second,
  /** How long a starting node waits for a root that another process holds, e.g. one that is exiting. */
  rootLockTimeoutMs: 300,
  /** An unreachable provider is skipped for this long if there are others, and then probed. */
  unreachableAvoidMs: 2 * second,
  /** The same for an overloaded one: because it refuses fast, it would seem to be the least busy. */
  overloadedAvoidMs: 100,
  /** Connections to nodes that a caller keeps; beyond that, the least recently used are closed. */
  connectionsPerCallerMax: 256,
  /** The longest first pause before a retry; it doubles each time up to the second bound. */
  retryPauseMs: 50,
  retryPauseMsMax: 2 * second,
  /**
   * How often a call is tried again, after such pauses, because its connection was cut off before a node took the call.
   * With a flood of strangers, that happens to many a newcomer; with a port of another program, each time.
   */
  cutOffRetries: 3,
  /** How long at least, and how much, a node still reads from a caller after its answer. */
  lingerMs: 1 * second,
  lingerBytesMax: 64 * MiB,
  /** Connections at once that are read on so; of more, the first ones end. Some seconds of them fill an address's share. */
  lingeringMax: 512,
  /** The time limit of one example, and of all examples of a service. */
  exampleTimeoutMs: 10 * second,
  examplesTimeoutMs: 40 * second,
  /** A node that does not report its status within this counts as unreachable. */
  statusTimeoutMs: 5 * second,
  /**
   * Services, rpcs, and pairs of rpc and client with their own metrics; the others are counted together. A pair takes
   * about 300 bytes of memory and a line of 100 bytes in each scrape; an rpc 20 lines.
   */
  metricServicesMax: 1000,
  metricRpcsMax: 2000,
  metricClientsMax: 10_000,
  /** Concurrent connections to a port for monitors only. */
  metricConnectionsMax: 32,
  /** Nodes that one deployment works on concurrently. */
  deployNodesAtOnceMax: 16,
  /** Characters of records queued for a slow disk or pipe; further records are lost and counted. */
  logQueueLengthMax: 4 * MiB,
  /** Characters of records in one write. */
  logWriteLengthMax: 256 * KiB,
  /** The pause after a write that failed, as on a full disk. */
  logFailedPauseMs: 1 * second,
  /** How long an exiting program waits for its log to be written. */
  logFlushTimeoutMs: 1 * second,
  /** The interval at which a log checks whether its file was renamed. */
  logLookMs: 1 * second,
  /** The pause after a failed rotation. */
  logRotateRetryMs: 10 * second,
  /** Characters of records that a node without a log file keeps in memory: some thousand records. */
  logRingLength: 2 * MiB,
  /** Characters of records in one answer, and characters searched for it. */
  logBatchLength: 64 * KiB,
  logScanLength: 1 * MiB,
  /** How long a node waits for new records before it answers that there are none; and then for more after the first. */
  logWaitMs: 10 * second,
  logGatherMs: 50,
  /** Concurrent readers of a log on disk; others wait. */
  logReadersAtOnceMax: 2,
  /** The default age of records to read. */
  logSinceMs: 60 * 60 * second,
  /** A follower of logs holds a record this long, because older records of other nodes may arrive. */
  logMergeMs: 100,
  /** The pause before an unreachable node whose log is followed is retried. */
  logRetryMs: 1 * second,
  /** Rotated files of a log that are read. */
  logFilesReadMax: 100,
  /** Records per second about one connection, one address, and all of a node's peers; more are only counted. */
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
   * An HTTP connection without a request for this long is closed; operators may change it. Load balancers keep theirs
   * for 60 s, and the client must close first, or a request is lost in transit.
   */
  httpIdleTimeoutMs: 75 * second,
  /** Unanswered calls of one executor's scripts to other services: the node holds the arguments of each. */
  scriptCallsMax: 256,
  ...executorBudget,
  ...connectionChoices,
  serviceDefaults,
  serviceBounds,
  rawIp: { silentMs: rawIp.silentMs },
} as const;
