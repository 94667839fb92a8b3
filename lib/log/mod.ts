/**
 * Structured records: an event's name, its fields, a level. The format in a file or on a terminal is chosen when a log
 * is opened.
 *
 * This room must not know its callers, and never throws.
 *
 * @module
 */

import { limits } from "../limits/mod.ts";
import { isAtLeast, type LogFields, type LogLevel, type LogRecord } from "./record.ts";

export { escapeControls } from "./escape_controls.ts";
export type { LogHistory } from "./history.ts";
export { isAtLeast, type LogFields, type LogLevel, logLevels, type LogRecord } from "./record.ts";

/** A receiver of records. */
export interface Log {
  /** The total of records lost because the log was too slow or the disk full; undefined if not counted. */
  readonly lostCount?: number;
  /** Whether records of this level are kept, so that a hot path can skip making them. */
  keeps(level: LogLevel): boolean;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** A log that passes some records on to another one; subclasses choose which. */
export abstract class LogFilter implements Log {
  protected readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  keeps(level: LogLevel): boolean {
    return this.log.keeps(level);
  }

  get lostCount(): number {
    return this.log.lostCount ?? 0;
  }

  debug(event: string, fields?: LogFields): void {
    this.write("debug", event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.write("info", event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.write("warn", event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.write("error", event, fields);
  }

  /** Passes the record on, or not. */
  protected abstract write(level: LogLevel, event: string, fields?: LogFields): void;
}

/** Passes records of at least the level `least` to a function. Ignores its errors. */
export function logTo(write: (record: LogRecord) => void, least: LogLevel = "debug"): Log {
  const keeps = (level: LogLevel): boolean => isAtLeast(level, least);
  const writer = (level: LogLevel): Log["info"] => {
    if (!keeps(level)) return () => {};
    return (event, given = {}) => {
      const fields = boundedFields(given);
      try {
        write({ epochMs: Date.now(), level, event, fields });
      } catch {
        // A failing log must not fail a call.
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

/** Fields longer than a name or a sentence, with their bounds in characters. */
const lengthMaxOf: Readonly<Record<string, number>> = {
  stack: limits.logBlockLengthMax,
  stderrTail: limits.logBlockLengthMax,
  text: limits.logBlockLengthMax,
  reason: limits.logReasonLengthMax,
};

/** Removes undefined fields, and truncates each to its bound, because it may come from a peer. */
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

/** The beginning of a text, with its full length. */
function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  return `${text.slice(0, lengthMax).replace(/[\ud800-\udbff]$/, "")}… (${text.length} characters)`;
}

/** The record that reports lost records. */
export function lostRecord(count: number): LogRecord {
  const message = "records were lost: the disk is full, or the log is written or read too slowly";
  return { epochMs: Date.now(), level: "error", event: "log.lost", fields: { count, message } };
}

/** Discards all records. */
export const silentLog: Log = {
  keeps: () => false,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** Rounds a duration in milliseconds to microseconds, for records. */
export function roundMs(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
