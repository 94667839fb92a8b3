/** A log that somebody reads: lines of text or JSON, on standard error or in a file. */
import { configureSync, disposeSync, getLogger, type LogRecord } from "npm:@logtape/logtape@2.4.2";
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

/** Where the records of each open log go, by the second part of their category. */
const open = new Map<string, (record: LogRecord) => void>();
let opened = 0;

/**
 * Opens a log; any number may be open. Records are written at the end of the turn of the event loop that
 * made them, in one write, so that a busy node pays once for many. LogTape, which is one for the whole
 * program, is set up when the first log is opened and let go of when the last one ends.
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
  if (open.size === 0) setUp();
  const name = String(++opened);
  open.set(name, (record) => writer.add(format(record)));
  const logger = getLogger(["farcall", name]);
  const keeps = (asked: LogLevel): boolean => severity[asked] >= severity[level];
  const write = (asked: LogLevel) => {
    const method = asked === "warn" ? "warning" : asked;
    if (!keeps(asked)) return () => {};
    return (event: string, fields?: LogFields) => logger[method](event, { ...fields });
  };
  const log: Log = {
    keeps,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  return {
    log,
    [Symbol.asyncDispose]: () => {
      if (!open.delete(name)) return Promise.resolve();
      writer.flush();
      file?.close();
      if (open.size === 0) disposeSync();
      return Promise.resolve();
    },
  };
}

function setUp(): void {
  const main = (record: LogRecord): void => open.get(record.category[1])?.(record);
  const toAll = (record: LogRecord): void => open.forEach((write) => write(record));
  configureSync({
    reset: true,
    sinks: { main, toAll },
    loggers: [
      { category: ["farcall"], lowestLevel: "debug", sinks: ["main"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["toAll"] },
    ],
  });
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
  const line = JSON.stringify({
    time: new Date(record.timestamp).toISOString(),
    epochMs: record.timestamp,
    level: levelOf(record),
    event: eventOf(record),
    ...record.properties,
  });
  return line.replaceAll(steering, (character) => `\\u${hexOf(character, 4)}`) + "\n";
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

/** Fields that may have lines of their own; nothing else that was sent to the node can begin a line. */
const blockFields = new Set(["stack", "lastWords", "text"]);

/** `name=value` pairs on the line; what has lines of its own below it, indented. */
function formatFields(properties: LogFields): { fields: string; block: string } {
  let fields = "";
  let block = "";
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    const text = visible(String(value));
    if (blockFields.has(name) && text.includes("\n")) {
      block += `    ${name}: ${text.replaceAll("\n", "\n      ")}\n`;
    } else fields += ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  }
  return { fields, block };
}

/** What could steer the terminal that shows the log, or the order in which it shows a line. */
// deno-lint-ignore no-control-regex
const steering = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Nothing that a caller or a script sent may steer a terminal. */
function visible(text: string): string {
  return text.replaceAll(steering, (character) => {
    return character > "\xff" ? `\\u${hexOf(character, 4)}` : `\\x${hexOf(character, 2)}`;
  });
}

function hexOf(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
