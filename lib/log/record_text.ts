/** Records read back from the lines that they were written as: JSON, or text for people. Pure. */
import { type LogFields, type LogLevel, logLevels, type LogRecord } from "./record.ts";

/** What records are chosen by; left out, all are. */
export interface RecordFilter {
  /** The least urgent level. */
  readonly level?: LogLevel;
  readonly service?: string;
  readonly rpc?: string;
  /** The number of a call, as records have it. */
  readonly call?: string;
}

/** Whether a record is one of those that are wanted. */
export function fitsFilter({ level, fields }: LogRecord, filter: RecordFilter): boolean {
  const { level: least, service, rpc, call } = filter;
  return (least === undefined || logLevels.indexOf(level) >= logLevels.indexOf(least)) &&
    (service === undefined || fields.service === service) &&
    (rpc === undefined || fields.rpc === rpc) &&
    (call === undefined || String(fields.call) === call);
}

/**
 * Splits lines into records: in text for people, indented lines belong to the one above them.
 *
 * @param text Whole lines.
 */
export function* splitRecords(text: string): Generator<string, void> {
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    // The next line goes on with this record.
    if (text.startsWith(blockIndent, end + 1)) continue;
    yield text.slice(start, end);
    start = end + 1;
  }
}

/** Where the last record of some lines begins, which may not be whole; 0 where there is but one. */
export function lastRecordStart(text: string): number {
  for (let end = text.length - 1; end > 0;) {
    const start = text.lastIndexOf("\n", end - 1) + 1;
    if (start === 0 || !text.startsWith(blockIndent, start)) return start;
    end = start - 1;
  }
  return 0;
}

/** What indented lines begin with. */
const blockIndent = "    ";

/** Reads one record; undefined if it is not one, such as the rest of one that was not written whole. */
export function parseRecord(lines: string): LogRecord | undefined {
  return lines.startsWith("{") ? parseJsonRecord(lines) : parseTextRecord(lines);
}

/** When a record was made, without reading the rest of it; undefined if it is not one. */
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

/** As records have them: what is of another kind was not written by a log. */
export function fieldsIn(given: Readonly<Record<string, unknown>>): LogFields {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) =>
      ["string", "number", "boolean"].includes(typeof value)
    ),
  ) as LogFields;
}

/** Whether it is one of the levels of a log. */
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

/** Numbers among fields that the text does not tell from words. */
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
  // The level may be coloured, where the log is on a terminal.
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
