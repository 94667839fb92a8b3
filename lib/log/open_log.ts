/** A log that somebody reads: lines of text or JSON, on standard error or in a file. */
import {
  configureSync,
  disposeSync,
  getLogger,
  type LogRecord as LogtapeRecord,
} from "npm:@logtape/logtape@2.4.2";
import { formatJson, formatText } from "./format.ts";
import { LogHistory } from "./history.ts";
import { LogFile, type Rotation } from "./_log_file.ts";
import { LineWriter, StreamTarget } from "./line_writer.ts";
import { RecordFiles } from "./_record_files.ts";
import { RecordRing } from "./_record_ring.ts";
import {
  boundedFields,
  isAtLeast,
  type Log,
  type LogFields,
  type LogLevel,
  type LogRecord,
  lostRecord,
} from "./mod.ts";

/** How a log is written. */
export interface OpenLogOptions {
  /** The file to add to; standard error where left out. */
  file?: string;
  /** Text for people, JSON (an object a line) for programs. Default: text. */
  format?: "text" | "json";
  /** The least urgent level that is kept. Default: info. */
  level?: LogLevel;
  /** Whether levels are coloured. Default: not. */
  colors?: boolean;
  /** When the file is renamed away. Default: never. */
  rotation?: Rotation;
}

/** A log and the way to end it. */
export interface OpenLog extends AsyncDisposable {
  readonly log: Log;
  /** What was written: in its files, or as much of it as is kept in memory where these cannot be read. */
  readonly history: LogHistory;
  /** Opens its file anew, after somebody has renamed it. */
  reopen(): void;
}

/** Where the records of each open log go, by the second part of their category. */
const open = new Map<string, (record: LogtapeRecord) => void>();
let opened = 0;

/**
 * Opens a log; any number may be open. Records are written after the turn of the event loop that made them, many in
 * one write, and nobody waits for it: where the disk or the reader of a pipe is too slow, records are counted instead.
 * LogTape, which is one for the whole program, is set up when the first log is opened and let go of when the last one
 * ends.
 *
 * @throws If the file cannot be opened.
 */
export async function openLog(options: OpenLogOptions = {}): Promise<OpenLog> {
  const level = options.level ?? "info";
  const format = options.format === "json"
    ? formatJson
    : (record: LogRecord) => formatText(record, options.colors ?? false);
  const file = options.file === undefined ? undefined : await LogFile.open(options.file, {
    rotation: options.rotation,
    tell: (event, message) => log.warn(event, { message }),
  });
  const writer = new LineWriter(
    file ?? new StreamTarget(Deno.stderr),
    (count) => format(lostRecord(count)),
    () => history.wake(),
  );
  const isRead = options.file !== undefined && await RecordFiles.canRead(options.file);
  const ring = isRead ? undefined : new RecordRing();
  const history = new LogHistory(ring ?? new RecordFiles(options.file!));
  if (open.size === 0) setUp();
  const name = String(++opened);
  open.set(name, (record) => {
    const text = format(recordOf(record));
    ring?.add(text);
    writer.add(text);
  });
  const logger = getLogger(["farcall", name]);
  const keeps = (asked: LogLevel): boolean => isAtLeast(asked, level);
  const write = (asked: LogLevel) => {
    const method = asked === "warn" ? "warning" : asked;
    if (!keeps(asked)) return () => {};
    return (event: string, fields: LogFields = {}) => logger[method](event, boundedFields(fields));
  };
  const log: Log = {
    keeps,
    get lostCount() {
      return writer.lostCount;
    },
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  return {
    log,
    history,
    reopen: () => {
      file?.reopen();
      log.info("log.reopened", { file: options.file ?? "standard error" });
    },
    [Symbol.asyncDispose]: async () => {
      if (!open.delete(name)) return;
      if (open.size === 0) disposeSync();
      history.close();
      await writer.flushed();
      file?.close();
    },
  };
}

function setUp(): void {
  const main = (record: LogtapeRecord): void => open.get(record.category[1])?.(record);
  const toAll = (record: LogtapeRecord): void => open.forEach((write) => write(record));
  configureSync({
    reset: true,
    sinks: { main, toAll },
    loggers: [
      { category: ["farcall"], lowestLevel: "debug", sinks: ["main"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["toAll"] },
    ],
  });
}

/** A record of LogTape as one of ours. */
function recordOf(record: LogtapeRecord): LogRecord {
  return {
    epochMs: record.timestamp,
    level: record.level === "warning" ? "warn" : record.level as LogLevel,
    event: record.message.map((part) => String(part)).join(""),
    fields: record.properties as LogFields,
  };
}
