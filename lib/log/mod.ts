/**
 * Structured records: an event's name, its fields, a level. What a record looks like in a file or on a
 * terminal is decided by the one who opens a log.
 *
 * This room must never know who writes to it, and never throws at them.
 *
 * @module
 */

/** From the least to the most urgent. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** How urgent a record is. */
export type LogLevel = typeof logLevels[number];

/** What a record says besides its event; undefined fields are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Takes records. */
export interface Log {
  /** Whether records of this level are kept; lets a hot path skip making them. */
  keeps(level: LogLevel): boolean;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
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
