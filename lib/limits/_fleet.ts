/** The bounds and times of fleets that meet at a NATS server; docs/fleet.md says what they mean to a person. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const fleet = {
  /** A node says that it is there this often. */
  hereEveryMs: 10 * second,
  /** A node that is silent for so long is gone: two announcements were lost. */
  goneAfterMs: 25 * second,
  /** What it said last is kept in the store this often, for absences: a write each. */
  keptEveryMs: 60 * second,
  /** A node looks for a new desired state this often, where no poke has come; give or take a fourth. */
  pollEveryMs: 30 * second,
  /** A state that cannot be taken is tried again after this, twice that, and so on. */
  retryFirstMs: 1 * second,
  retryMaxMs: 600 * second,
  /** Scripts and contents larger than this are stored in parts: a server takes 1 MiB in a message. */
  blobPartBytes: 512 * KiB,
  /** What an announcement of a state carries of scripts and content; every node of the fleet gets it. */
  announcementBytesMax: 64 * KiB,
  /** The content of a desired state. */
  contentBytesMax: 64 * MiB,
  /** Desired states that the store keeps: to go back to one, and as a node keeps generations. */
  statesKept: 16,
  /** The number of a desired state; what claims more is not believed. */
  stateMax: 2 ** 40,
  /** What no kept state names is removed from the store when it is so old: a deployment under way may name it soon. */
  unusedKeptMs: 60 * 60 * second,
  /** A node that left is listed as absent for so long, and one that vanished. */
  leftKeptMs: 7 * 24 * 60 * 60 * second,
  vanishedKeptMs: 30 * 24 * 60 * 60 * second,
  /** Whether another program holds a node's name is waited for at most so long. */
  holderMs: 500,
  /** Characters of why a node cannot follow. */
  problemLengthMax: 2 * KiB,
  /** Scripts that a node fetches at the same time. */
  fetchesAtOnceMax: 16,
  /** The first node that answers is waited for so long: a busy machine takes its time. */
  rosterFirstMs: 1 * second,
  /** More are waited for at least this long after each, at most this long, and as long as the answers took so far. */
  rosterQuietMs: 300,
  rosterQuietMaxMs: 1 * second,
  /** And at most this long in all. */
  rosterMaxMs: 3 * second,
  /** The nodes of one fleet. */
  nodesMax: 10_000,
  /** What a node says of itself. */
  presenceBytesMax: 16 * KiB,
  /** Addresses that a node announces, and that callers try before NATS. */
  addressesMax: 4,
  /** A node's labels. */
  labelsMax: 64,
} as const;
