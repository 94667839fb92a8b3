/**
 * The bounds of programs other than nodes and callers: init.yaml and bundling, agents, traces, the console's page,
 * peers. Part of `limits`.
 */
import { KiB, MiB } from "./units.ts";

const GiB = 1024 * MiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** The bounds of reading an init.yaml. */
export const configurationBounds = {
  /** Bytes of an init.yaml: a thousand services take some hundred kilobytes. */
  configurationBytesMax: 8 * MiB,
  /** Checked models of init.yaml files cached for one user. */
  checkedModelsMax: 64,
  /** Bytes of a cached model; larger files are checked at each call. */
  checkedModelBytesMax: 4 * MiB,
  /** Nesting of an init.yaml; a legal one needs about ten. */
  yamlDepthMax: 64,
  /** Total YAML nodes that aliases may expand to: stops files of multiplying aliases. */
  yamlAliasNodesMax: 1_000_000,
  /** Reported mistakes of a configuration. */
  mistakesMax: 1000,
};

/** The bounds of bundling scripts, and of recording their sources. */
export const bundling = {
  /** Scripts in one run of esbuild: enough to share imports, few enough for memory. */
  scriptsBundledAtOnceMax: 256,
  /** How long esbuild's process may take to exit. */
  esbuildStopTimeoutMs: 2 * second,
  /** Names of a folder that are compared for "did you mean". */
  namesReadMax: 2000,
  /** Files in a manifest's record of its sources, about 150 bytes each; with more, there is no record. */
  sourcesMax: 16_384,
  /** Characters of a path in that record. */
  sourcePathLengthMax: 1024,
  /** Package files and absent paths in such a record, about 30 bytes each. */
  packageFilesMax: 65_536,
  /** Bytes of a script's source map; a node does not keep larger ones. */
  sourceMapBytesMax: 8 * MiB,
  /**
   * Characters of a source map for one line of a script, and its lines; what is longer, or behind them, is not looked
   * up. A stack may name hundreds of places.
   */
  placesLineLengthMax: 32 * 1024,
  placesLinesMax: 1_000_000,
  /** Source maps that a node caches in memory, and their total bytes. */
  placesKept: 16,
  placesKeptBytes: 16 * MiB,
  /** Bytes of one source file: more than the largest script. */
  sourceBytesMax: 64 * MiB,
} as const;

/** The bounds of `farcall mcp`. */
export const agentBounds = {
  /**
   * Characters of a tool's name. Models accept 64, of which programs use some for the server's name: Claude Code
   * prefixes `mcp__farcall__`.
   */
  toolNameLengthMax: 50,
  /** Characters of an argument's name that models accept. */
  argumentNameLengthMax: 64,
  /** Characters of a description; longer ones are truncated, because each conversation pays for them. */
  descriptionLengthMax: 4 * KiB,
  /** Tools, and their bytes, on one page of the list: some programs read only the first page. */
  toolsPerPage: 250,
  pageBytes: 512 * KiB,
  /** A node that does not describe itself within this counts as unreachable. */
  describeTimeoutMs: 5 * second,
  /** The longest that slow nodes delay a list that is already known. */
  refreshWaitMs: 1 * second,
  /** The interval of checks for a new deployment. */
  refreshMs: 3 * second,
  /** Concurrent calls; more are refused as Overloaded. */
  callsMax: 64,
  /** Bytes of a result as JSON. It is sent twice, as text and as a value, and programs accept 10 MB in a message. */
  resultBytesMax: 2 * MiB,
  /** Items of a stream in a result. */
  streamItemsMax: 10_000,
  /** The interval of progress notifications of a stream, and of a call without a stream. */
  itemsProgressMs: 100,
  waitingProgressMs: 5 * second,
  /** Characters of the newest items in one notification. */
  progressLengthMax: 4 * KiB,
  /** Bytes of a request over HTTP. */
  requestBytesMax: 4 * MiB,
} as const;

/** The bounds of exported traces. */
export const traceBounds = {
  /** Characters of a tracestate: the least that W3C Trace Context requires to be passed on. A longer one is dropped. */
  tracestateLengthMax: 512,
  /** Spans waiting for their export, about half a kilobyte each; beyond, the newest are dropped and counted. */
  spansQueuedMax: 16_384,
  /** Spans in one request to the collector: some 300 KB, written in a few milliseconds. */
  spansPerExportMax: 512,
  /** Characters read of a collector's reply. */
  spansAnswerLengthMax: 64 * 1024,
  /** How long spans wait for others to be sent with. */
  spansDelayMs: 2 * second,
  /** The time limit of a collector's reply. */
  spansExportTimeoutMs: 10 * second,
  /** After a failure, the pause doubles from the first to the last. */
  spansRetryMsFirst: second,
  spansRetryMsMax: 30 * second,
  /** How long an exiting program waits for its last spans to be sent. */
  spansFlushTimeoutMs: 2 * second,
  /** Characters of a span's texts. */
  spanTextLengthMax: 1024,
  /** Headers and attributes from the environment. */
  traceSettingsMax: 64,
} as const;

/** The bounds of `farcall console`. */
export const webConsoleBounds = {
  /** The interval of status polls while a page is open: a dead node is noticed within two of them. */
  consoleRefreshMs: 750,
  /** A node that has not replied for this long is shown as slow. */
  consoleSlowMs: 1500,
  /** The time limit for connecting to a node. */
  consoleConnectTimeoutMs: 3 * second,
  /** Bytes read of a node's metrics: a thousand rpcs have some 2 MiB. */
  consoleMetricsBytesMax: 16 * MiB,
  /** The interval of metrics requests: a node formats all of them each time. */
  consoleMetricsRefreshMs: 1500,
  /** Bytes of a request's body: a call's arguments are typed or pasted. */
  consoleRequestBytesMax: 1 * MiB,
  /** Items shown of a call's stream. */
  consoleItemsMax: 1000,
  /** Characters shown of a value. */
  consoleValueLengthMax: 256 * KiB,
  /** Lines of a plan that a page shows in full; a longer one is summarised. */
  consolePlanLinesMax: 500,
  /** Concurrent open pages, each with a stream of its own. */
  consoleWatchersMax: 16,
};

/** The bounds of a peer: messages and files between machines, without a node. */
export const peerBounds = {
  /** The first wait for an acknowledgement, and the number of resends: a packet is given up after 42 s. */
  resends: { afterMs: 2 * second, max: 5 },
  /**
   * The same for introductions: a machine is silent after 5.3 s. Where a line loses 5 % of all packets, five questions
   * and their answers all get lost once in 100,000 searches; two would once in 100.
   */
  introductionResends: { afterMs: 400, max: 4 },
  /** Each wait for an acknowledgement is longer than the previous one by this factor. */
  resendFactor: 1.5,
  /** Packets to one machine awaiting acknowledgement: the original loses more than 64 at once. */
  unacknowledgedMax: 32,
  /** Packets to one machine waiting to be sent; more are refused. */
  waitingMax: 1024,
  /** Machines with pending packets: a /24 that is searched, and some. */
  destinationsMax: 4096,
  /** Bytes of a packet: IPv4's maximum after a header of 20 bytes. */
  packetBytesMax: 65_515,
  /** Bytes of a file in one packet of the original protocol: with its envelope it fits an MTU of 1,500. */
  chunkBytes: 840,
  /** The least MTU that IPv4 networks must carry is 68; chunks are sized for Ethernet's. */
  mtu: 1500,
  /** A chunk with less room than this, because its names are long, is refused: most of each packet would be names. */
  chunkBytesLeast: 64,
  /** Bytes of the details that an acknowledgement repeats; longer ones are not repeated. */
  detailsBytesMax: 2 * KiB,
  /** Characters of a sender, a channel, a timestamp, a machine's id and a file's id. */
  nameLengthMax: 256,
  /** Bytes of a received file's name in UTF-8; file systems accept 255, and a number may have to be added. */
  fileNameBytesMax: 200,
  /** Entries remembered of each machine to detect duplicates, for how long, and for how many machines. */
  recentPerMachineMax: 4096,
  recentKeptMs: 15 * minute,
  recentMachinesMax: 1024,
  /** Entries that the machines share, so that a stranger who forges many addresses takes some 100 MB at most. */
  recentOfAllMax: 65_536,
  /** Records a second of each kind of event that other machines cause; the rest are counted. */
  recordsPerSecondMax: 50,
  /** An acknowledgement is at most so many times as long as its packet, whose sender may have forged its address. */
  acknowledgementFactorMax: 3,
  /** Machines remembered as seen. */
  knownPeersMax: 4096,
  /** How long a machine's program is considered known. */
  knownPeerMs: 10 * minute,
  /** The time limit for connecting to each of a machine's listeners for files. */
  entranceTimeoutMs: 3 * second,
  /** Addresses of one search: a /22. */
  discoveryAddressesMax: 1024,
  /** Probes of a search that are sent together, and the pause after them. */
  discoveryBurst: 32,
  discoveryPauseMs: 20,
  /** Files received in chunks concurrently, in all and from one machine. */
  chunkedFilesMax: 64,
  chunkedFilesPerMachineMax: 16,
  /** Chunks of one file: 10 GB in chunks of 840 bytes are 12.8 million. */
  chunksMax: 24 * MiB,
  /** Bytes of all tables of received chunks, one bit per chunk. */
  chunkTableBytesMax: 64 * MiB,
  /** Chunks of one file with an irregular length: they are moved to their offsets at the end. */
  unevenChunksMax: 65_536,
  /** Bytes of received packets waiting to be written, and their number. */
  unwrittenBytesMax: 16 * MiB,
  unwrittenMax: 4096,
  /** A partial file that received nothing for this long is removed. */
  unfinishedKeptMs: 24 * hour,
  /** Bytes of one received file, and of all files in a peer's folder; its user may choose others. */
  fileBytesMax: 16 * GiB,
  folderBytesMax: 64 * GiB,
  /** Bytes that received files leave free on the disk. */
  diskBytesLeft: 16 * MiB,
  /** Files that received ones leave free on the disk. */
  diskFilesLeft: 4096,
  /** Partial files over connections; one more removes the oldest. */
  partsMax: 1024,
  /** Bytes of one file of the message journal, and of the journal. Only files that were read are removed. */
  journalPartBytes: 8 * MiB,
  journalBytesMax: 64 * MiB,
  /** Messages read from the journal at once. */
  journalBatch: 256,
  /** The interval of checks of a journal that another process writes. */
  journalPollMs: 200,
  /** Messages that an interactive peer lists. */
  messagesShownMax: 100,
  /** Recipients of one file, and the number sent to concurrently. */
  recipientsMax: 256,
  recipientsAtOnceMax: 8,
  /** Bytes of a file that are read or written at once. */
  fileBlockBytes: 256 * KiB,
  /** Bytes of a file after which its receiver syncs it, so that an interruption costs no more. */
  fileSyncBytes: 32 * MiB,
  /** The port of our transport on IP protocol 171 at which peers accept files. */
  filePort: 171,
  /** How long a starting peer waits for that port, which a recently stopped one may still hold. */
  filePortWaitMs: 10 * second,
  /** Bytes of a record in the protocol of file transfers. */
  transferRecordBytesMax: 16 * KiB,
  /** How long the other end of a file transfer may be silent. */
  transferSilenceMs: 30 * second,
  /** How long the receiver of a refused file drains its input, so that its reply arrives. */
  transferLingerMs: 5 * second,
  /** How often an interrupted transfer is resumed, and the first pause before that. */
  transferAttemptsMax: 5,
  transferRetryPauseMs: 500,
  /** File transfers received concurrently, in all and from one machine. */
  transfersMax: 64,
  transfersPerMachineMax: 8,
} as const;
