/** Parses records from their lines: JSON or text. Pure. */
import { type LogFields, type LogLevel, logLevels, type LogRecord } from "./record.ts";

/** Filters of records; a missing one matches all. */
export interface RecordFilter {
  /** The least urgent level. */
  readonly level?: LogLevel;
  readonly service?: string;
  readonly rpc?: string;
  /** The number of a call in records. */
  readonly call?: string;
}

/** Whether a record matches. */
export function fitsFilter({ level, fields }: LogRecord, filter: RecordFilter): boolean {
  const { level: least, service, rpc, call } = filter;
  return (least === undefined || logLevels.indexOf(level) >= logLevels.indexOf(least)) &&
    (service === undefined || fields.service === service) &&
    (rpc === undefined || fields.rpc === rpc) &&
    (call === undefined || String(fields.call) === call);
}

/**
 * Splits lines into records: in the text format, indented lines belong to the line above them.
 *
 * @param text Whole lines.
 */
export function* splitRecords(text: string): Generator<string, void> {
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    // The next line continues this record.
    if (text.startsWith(blockIndent, end + 1)) continue;
    yield text.slice(start, end);
    start = end + 1;
  }
}

/** The offset of the last record, which may be incomplete; 0 if there is only one. */
export function lastRecordStart(text: string): number {
  for (let end = text.length - 1; end > 0;) {
    const start = text.lastIndexOf("\n", end - 1) + 1;
    if (start === 0 || !text.startsWith(blockIndent, start)) return start;
    end = start - 1;
  }
  return 0;
}

/** The prefix of indented lines. */
const blockIndent = "    ";

/** Parses one record; undefined if it is invalid, such as the rest of a partial one. */
export function parseRecord(lines: string): LogRecord | undefined {
  return lines.startsWith("{") ? parseJsonRecord(lines) : parseTextRecord(lines);
}

/** The time of a record, without parsing the rest; undefined if it is invalid. */
export function timeOfRecord(lines: string): number | undefined {
  return lines.startsWith("{") ? parseJsonRecord(lines)?.epochMs : timeOfText(lines);
}

function parseJsonRecord(line: string): LogRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { time: _, epochMs, level, event, ...fields } = value as Record<string, unknown>;
  if (typeof epochMs !== "number" || typeof event !== "string" || !isLevel(level)) return undefined;
  return { epochMs, level, event, fields: fieldsIn(fields) };
}

/** Keeps only fields of the types that a log writes. */
export function fieldsIn(given: Readonly<Record<string, unknown>>): LogFields {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) =>
      ["string", "number", "boolean"].includes(typeof value)
    ),
  ) as LogFields;
}

/** Whether it is a log level. */
export function isLevel(value: unknown): value is LogLevel {
  return logLevels.includes(value as LogLevel);
}

/** `2026-01-02T03:04:05.678Z`. */
const timeLength = 24;

function timeOfText(lines: string): number | undefined {
  const time = lines.slice(0, timeLength);
  const epochMs = /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(time) ? Date.parse(time) : NaN;
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

/** Numeric fields, which the text format does not distinguish from words. */
const numeric = new Set([
  "call",
  "count",
  "durationMs",
  "generation",
  "inFlight",
  "pid",
  "services",
]);

function parseTextRecord(lines: string): LogRecord | undefined {
  const epochMs = timeOfText(lines);
  if (epochMs === undefined) return undefined;
  const end = lines.indexOf("\n");
  const line = end < 0 ? lines : lines.slice(0, end);
  // The level is coloured if the log was on a terminal.
  // deno-lint-ignore no-control-regex
  const head = /^ (?:\x1b\[\d\d?m)?([a-z]{4,5}) ?(?:\x1b\[0m)? (\S+) */.exec(
    line.slice(timeLength),
  );
  if (head === null || !isLevel(head[1])) return undefined;
  const fields: Record<string, string | number> = {};
  const pair = / *([A-Za-z][\w-]*)=("(?:[^"\\]|\\.)*"|[^\s"=]+)/y;
  pair.lastIndex = timeLength + head[0].length;
  for (let found = pair.exec(line); found !== null; found = pair.exec(line)) {
    const text = unquoted(found[2]!);
    fields[found[1]!] = numeric.has(found[1]!) && text !== "" ? numberOr(text) : text;
  }
  if (end >= 0) addBlocks(fields, lines.slice(end + 1));
  return { epochMs, level: head[1], event: head[2]!, fields };
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function numberOr(text: string): string | number {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** `    stack: Error: no`, and its further lines with two more spaces. */
function addBlocks(fields: Record<string, string | number>, block: string): void {
  let name = "";
  for (const line of block.split("\n")) {
    const begun = /^ {4}([A-Za-z]+): (.*)$/.exec(line);
    if (begun !== null) {
      name = begun[1]!;
      fields[name] = begun[2]!;
    } else if (name !== "") fields[name] += `\n${line.slice(blockIndent.length + 2)}`;
  }
}
