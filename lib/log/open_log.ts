/** Opens logs: lines of text or JSON, on standard error or in a file. */
import { formatJson, formatText } from "./format.ts";
import { type LimitChanges, limitsWith } from "../limits/mod.ts";
import { LogHistory } from "./history.ts";
import { LogFile, type Rotation } from "./_log_file.ts";
import { LineWriter, StreamTarget } from "./line_writer.ts";
import { RecordFiles } from "./_record_files.ts";
import { RecordRing } from "./_record_ring.ts";
import { type Log, type LogLevel, type LogRecord, logTo, lostRecord } from "./mod.ts";

/** Options of a log. */
export interface OpenLogOptions {
  /** The file to append to. Default: standard error. */
  file?: string;
  /** Text for people, or JSON (an object a line) for programs. Default: text. */
  format?: "text" | "json";
  /** The least urgent level that is kept. Default: info. */
  level?: LogLevel;
  /** Whether levels are coloured. Default: false. */
  colors?: boolean;
  /** When to rotate the file. Default: never. */
  rotation?: Rotation;
  /** Rewrites a stack before it is written. Default: unchanged. */
  shownStack?: (stack: string) => string;
  /** Bounds in place of those of lib/limits. Default: none. */
  bounds?: LimitChanges;
}

/** An open log. */
export interface OpenLog extends AsyncDisposable {
  readonly log: Log;
  /** The written records: from its files, or from memory if these cannot be read. */
  readonly history: LogHistory;
  /** Reopens its file, after external rotation. */
  reopen(): void;
}

/**
 * Opens a log; any number may be open. Records of an event-loop turn are written together after it, and no caller
 * waits: if the disk or a pipe's reader is too slow, records are lost and counted.
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
      const text = format(shown(record, options.shownStack));
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

function shown(record: LogRecord, shownStack: OpenLogOptions["shownStack"]): LogRecord {
  const { stack } = record.fields;
  if (shownStack === undefined || typeof stack !== "string") return record;
  return { ...record, fields: { ...record.fields, stack: shownStack(stack) } };
}
