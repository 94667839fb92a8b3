/** How long records of the log are, and how they are written. Part of `limits`. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const logBounds = {
  /** Characters of a field of a record in the log, of one that says why something failed, and of several lines. */
  logFieldLengthMax: 200,
  logReasonLengthMax: 1000,
  logBlockLengthMax: 8 * KiB,
  /** Stacks of failed calls that a node keeps for those who may deploy. */
  failuresKept: 64,
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
  /** Files of a log that are kept besides the one that is written to. */
  logFilesKept: 5,
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
} as const;
