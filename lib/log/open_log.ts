/** A log that somebody reads: lines of text or JSON, on standard error or in a file. */
import { formatJson, formatText } from "./format.ts";
import { type LimitChanges, limitsWith } from "../limits/mod.ts";
import { LogHistory } from "./history.ts";
import { LogFile, type Rotation } from "./_log_file.ts";
import { LineWriter, StreamTarget } from "./line_writer.ts";
import { RecordFiles } from "./_record_files.ts";
import { RecordRing } from "./_record_ring.ts";
import { type Log, type LogLevel, type LogRecord, logTo, lostRecord } from "./mod.ts";

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
  /** Other bounds than those of lib/limits. Default: none. */
  bounds?: LimitChanges;
}

/** A log and the way to end it. */
export interface OpenLog extends AsyncDisposable {
  readonly log: Log;
  /** What was written: in its files, or as much of it as is kept in memory where these cannot be read. */
  readonly history: LogHistory;
  /** Reopens its file, after somebody has renamed it. */
  reopen(): void;
}

/**
 * Opens a log; any number may be open. Records are written after the turn of the event loop that made them, many in
 * one write, and no caller waits for it: if the disk or the reader of a pipe is too slow, lost records are counted.
 *
 * @throws If the file cannot be opened.
 */
export async function openLog(options: OpenLogOptions = {}): Promise<OpenLog> {
  const bounds = limitsWith(options.bounds);
  const level = options.level ?? "info";
  const format = options.format === "json"
    ? formatJson
    : (record: LogRecord) => formatText(record, options.colors ?? false);
  const file = options.file === undefined ? undefined : await LogFile.open(options.file, {
    bounds,
    rotation: options.rotation,
    tell: (event, message) => log.warn(event, { message }),
  });
  const writer = new LineWriter(
    file ?? new StreamTarget(Deno.stderr),
    (count) => format(lostRecord(count)),
    { onWritten: () => history.wake(), bounds },
  );
  const isRead = options.file !== undefined && await RecordFiles.canRead(options.file);
  const ring = isRead ? undefined : new RecordRing(bounds);
  const history = new LogHistory(ring ?? new RecordFiles(options.file!, bounds), bounds);
  const log: Log = {
    ...logTo((record) => {
      const text = format(record);
      ring?.add(text);
      writer.add(text);
    }, level),
    get lostCount() {
      return writer.lostCount;
    },
  };
  let isClosed = false;
  return {
    log,
    history,
    reopen: () => {
      file?.reopen();
      log.info("log.reopened", { file: options.file ?? "standard error" });
    },
    [Symbol.asyncDispose]: async () => {
      if (isClosed) return;
      isClosed = true;
      history.close();
      await writer.flushed();
      file?.close();
    },
  };
}
