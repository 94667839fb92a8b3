/** A log that somebody reads: lines of text or JSON, on standard error or in a file. */
import {
  configure,
  dispose,
  getLogger,
  type LogRecord,
  type Sink,
} from "npm:@logtape/logtape@2.4.2";
import type { Log, LogFields, LogLevel } from "./mod.ts";

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
}

/** A log and the way to end it. */
export interface OpenLog extends AsyncDisposable {
  readonly log: Log;
}

const severity: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * Opens a log. Records are written at the end of the turn of the event loop that made them, in one
 * write, so that a busy node pays once for many.
 *
 * @throws If the file cannot be opened.
 */
export async function openLog(options: OpenLogOptions = {}): Promise<OpenLog> {
  const level = options.level ?? "info";
  const file = options.file === undefined ? undefined : await Deno.open(options.file, {
    append: true,
    create: true,
  });
  const format = options.format === "json"
    ? formatJson
    : (record: LogRecord) => formatText(record, options.colors ?? false);
  const writer = new LineWriter(file ?? Deno.stderr);
  const sink: Sink = (record) => writer.add(format(record));
  await configure({
    reset: true,
    sinks: { main: sink },
    loggers: [
      { category: ["farcall"], lowestLevel: level === "warn" ? "warning" : level, sinks: ["main"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["main"] },
    ],
  });
  const logger = getLogger(["farcall"]);
  const log: Log = {
    keeps: (asked) => severity[asked] >= severity[level],
    debug: (event, fields) => logger.debug(event, { ...fields }),
    info: (event, fields) => logger.info(event, { ...fields }),
    warn: (event, fields) => logger.warn(event, { ...fields }),
    error: (event, fields) => logger.error(event, { ...fields }),
  };
  return {
    log,
    [Symbol.asyncDispose]: async () => {
      writer.flush();
      await dispose();
      file?.close();
    },
  };
}

/** Collects lines and writes them once a turn. A log that cannot be written never hurts the node. */
class LineWriter {
  readonly #target: { writeSync(bytes: Uint8Array): number };
  readonly #encoder = new TextEncoder();
  #lines: string[] = [];

  constructor(target: { writeSync(bytes: Uint8Array): number }) {
    this.#target = target;
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length === 1) queueMicrotask(() => this.flush());
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const bytes = this.#encoder.encode(this.#lines.join(""));
    this.#lines = [];
    try {
      for (let offset = 0; offset < bytes.length;) {
        offset += this.#target.writeSync(bytes.subarray(offset));
      }
    } catch {
      // The disk is full or the reader of the pipe is gone: the node goes on without the record.
    }
  }
}

function levelOf(record: LogRecord): string {
  return record.level === "warning" ? "warn" : record.level;
}

function eventOf(record: LogRecord): string {
  return record.message.map((part) => String(part)).join("");
}

/** One JSON object a line: `time` (ISO 8601), `epochMs` (UNIX epoch, milliseconds), level, event, fields. */
function formatJson(record: LogRecord): string {
  return JSON.stringify({
    time: new Date(record.timestamp).toISOString(),
    epochMs: record.timestamp,
    level: levelOf(record),
    event: eventOf(record),
    ...record.properties,
  }) + "\n";
}

const colorOf: Record<string, string> = { debug: "2", info: "32", warn: "33", error: "31" };

function formatText(record: LogRecord, colors: boolean): string {
  const level = levelOf(record);
  const shownLevel = level.padEnd(5);
  const painted = colors ? `\x1b[${colorOf[level] ?? "0"}m${shownLevel}\x1b[0m` : shownLevel;
  const time = new Date(record.timestamp).toISOString();
  const { fields, block } = formatFields(record.properties as LogFields);
  return `${time} ${painted} ${eventOf(record).padEnd(19)}${fields}\n${block}`;
}

/** `name=value` pairs on the line; what has lines of its own (a stack) below it, indented. */
function formatFields(properties: LogFields): { fields: string; block: string } {
  let fields = "";
  let block = "";
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    const text = visible(String(value));
    if (text.includes("\n")) block += `    ${name}: ${text.replaceAll("\n", "\n      ")}\n`;
    else fields += ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  }
  return { fields, block };
}

/** Nothing that a caller or a script sent may steer the terminal that shows the log. */
function visible(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
