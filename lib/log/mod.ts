/**
 * Structured records: an event's name, its fields, a level. What a record looks like in a file or on a
 * terminal is decided where a log is opened.
 *
 * This room must not know its callers, and never throws at them.
 *
 * @module
 */

import { limits } from "../limits/mod.ts";
import { isAtLeast, type LogFields, type LogLevel, type LogRecord } from "./record.ts";

export { escapeControls } from "./escape_controls.ts";
export type { LogHistory } from "./history.ts";
export { isAtLeast, type LogFields, type LogLevel, logLevels, type LogRecord } from "./record.ts";

/** Takes records. */
export interface Log {
  /** Records that were lost so far, because the log is too slow or the disk is full; undefined if not counted. */
  readonly lostCount?: number;
  /** Whether records of this level are kept; lets a hot path skip making them. */
  keeps(level: LogLevel): boolean;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Gives records to a function, those that are as urgent as `least` or more. What it throws is its own affair. */
export function logTo(write: (record: LogRecord) => void, least: LogLevel = "debug"): Log {
  const keeps = (level: LogLevel): boolean => isAtLeast(level, least);
  const writer = (level: LogLevel): Log["info"] => {
    if (!keeps(level)) return () => {};
    return (event, given = {}) => {
      const fields = boundedFields(given);
      try {
        write({ epochMs: Date.now(), level, event, fields });
      } catch {
        // A call must not fail because it cannot be logged.
      }
    };
  };
  return {
    keeps,
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
}

/** Fields that hold more than a name or a sentence, and how many characters. */
const lengthMaxOf: Readonly<Record<string, number>> = {
  stack: limits.logBlockLengthMax,
  stderrTail: limits.logBlockLengthMax,
  text: limits.logBlockLengthMax,
  reason: limits.logReasonLengthMax,
};

/** Fields as records have them: without those that are undefined, each cut to its bound, whatever peer it came from. */
export function boundedFields(given: LogFields): LogFields {
  const fields: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    fields[name] = typeof value !== "string" || value.length <= limits.logFieldLengthMax
      ? value
      : cut(value, lengthMaxOf[name] ?? limits.logFieldLengthMax);
  }
  return fields;
}

/** The beginning of a text, and how long it was. */
function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  return `${text.slice(0, lengthMax).replace(/[\ud800-\udbff]$/, "")}… (${text.length} characters)`;
}

/** The record of records that could not be kept. */
export function lostRecord(count: number): LogRecord {
  const message = "records were lost: the disk is full, or the log is written or read too slowly";
  return { epochMs: Date.now(), level: "error", event: "log.lost", fields: { count, message } };
}

/** Keeps nothing. */
export const silentLog: Log = {
  keeps: () => false,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** A duration in milliseconds as records have it: to the microsecond. */
export function roundMs(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
