/** The bounds of a peer: messages and files between machines, without a node. */
import { KiB, MiB } from "./units.ts";

const GiB = 1024 * MiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const peerBounds = {
  /** The first wait for an acknowledgement, what the next is longer by, and how often a packet is sent again. */
  resendAfterMs: 2 * second,
  resendFactor: 1.5,
  resendsMax: 5,
  /** Packets to one machine that wait for their acknowledgement: the original loses more than 64 at once. */
  unacknowledgedMax: 32,
  /** Packets to one machine that wait to be sent; a program that has more to say is told to wait. */
  waitingMax: 1024,
  /** Machines that packets wait for at once: a /24 that is searched, and some. */
  destinationsMax: 4096,
  /** Bytes of a packet: what IPv4 carries behind a header of 20 bytes. */
  packetBytesMax: 65_515,
  /** Bytes of a file in one packet of the original protocol: with its envelope it fits an MTU of 1,500. */
  chunkBytes: 840,
  /** The least MTU that IPv4 networks must carry is 68; Ethernet's is what chunks are made for. */
  mtu: 1500,
  /** A chunk with less room than this, because its names are long, is refused: most of each packet would be names. */
  chunkBytesLeast: 64,
  /** Bytes of the details that an acknowledgement repeats; of longer ones it repeats none. */
  detailsBytesMax: 2 * KiB,
  /** Characters of a sender, a channel, a timestamp, a machine's id and a file's id. */
  nameLengthMax: 256,
  /** Bytes of a received file's name in UTF-8; file systems take 255, and a number may have to follow. */
  fileNameBytesMax: 200,
  /** What is remembered of each machine to know duplicates, for how long, and of how many machines. */
  recentPerMachineMax: 4096,
  recentKeptMs: 15 * minute,
  recentMachinesMax: 1024,
  /** Machines that are remembered as seen. */
  knownPeersMax: 4096,
  /** How long it is believed which program a machine runs. */
  knownPeerMs: 10 * minute,
  /** How long a machine has to answer who it is before a file, and in a search. */
  introductionTimeoutMs: 3 * second,
  /** Addresses of one search: a /22. */
  discoveryAddressesMax: 1024,
  /** Probes of a search that are sent at once, and the pause after them. */
  discoveryBurst: 32,
  discoveryPauseMs: 20,
  /** Files in chunks that are received at once, in all and from one machine. */
  chunkedFilesMax: 64,
  chunkedFilesPerMachineMax: 16,
  /** Chunks of one file: 10 GB in chunks of 840 bytes are 12.8 million. */
  chunksMax: 24 * MiB,
  /** Bytes of all tables of what has arrived, a bit for each chunk. */
  chunkTableBytesMax: 64 * MiB,
  /** Chunks of one file that have another length than the rest: they are put into their place at the end. */
  unevenChunksMax: 65_536,
  /** Bytes of received packets that wait to be written, and how many of them. */
  unwrittenBytesMax: 16 * MiB,
  unwrittenMax: 4096,
  /** An unfinished file that nothing was received of for this long is removed. */
  unfinishedKeptMs: 24 * hour,
  /** Bytes of one received file, and of all files in a peer's folder, unless its user says otherwise. */
  fileBytesMax: 16 * GiB,
  folderBytesMax: 64 * GiB,
  /** Bytes that receiving files leaves free on the disk. */
  diskBytesLeft: 16 * MiB,
  /** Bytes of one part of the journal of messages, and of the journal. Only parts that were read are removed. */
  journalPartBytes: 8 * MiB,
  journalBytesMax: 64 * MiB,
  /** Messages that are read from the journal at once. */
  journalBatch: 256,
  /** How often a journal that another process writes is looked at. */
  journalPollMs: 200,
  /** Messages that an interactive peer lists. */
  messagesShownMax: 100,
  /** Recipients of one file, and how many are sent to at once. */
  recipientsMax: 256,
  recipientsAtOnceMax: 8,
  /** Bytes of a file that are read, and written, at once. */
  fileBlockBytes: 256 * KiB,
  /** Bytes of a file after which its receiver makes sure of them, so that an interruption costs no more. */
  fileSyncBytes: 32 * MiB,
  /** The port of our transport on IP protocol 171 at which peers take files. */
  filePort: 171,
  /** How long a starting peer waits for that port, which one that was just stopped may still have. */
  filePortWaitMs: 3 * second,
  /** Bytes of a record in the protocol of file transfers. */
  transferRecordBytesMax: 16 * KiB,
  /** How long the other end of a file transfer may be silent. */
  transferSilenceMs: 30 * second,
  /** How long the receiver of a file that it does not take reads what still comes, so that its answer arrives. */
  transferLingerMs: 5 * second,
  /** How often an interrupted transfer is taken up again, and the first pause before that. */
  transferAttemptsMax: 5,
  transferRetryPauseMs: 500,
  /** File transfers that are received at once, in all and from one machine. */
  transfersMax: 64,
  transfersPerMachineMax: 8,
} as const;
