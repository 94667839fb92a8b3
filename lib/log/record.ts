/** Log records. */

/** The urgency of a record. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** From the least to the most urgent. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** A record's fields; undefined ones are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One record. */
export interface LogRecord {
  /** When it was made, in milliseconds since the UNIX epoch. */
  readonly epochMs: number;
  /** Its urgency. */
  readonly level: LogLevel;
  /** The event, e.g. `call.executed`. */
  readonly event: string;
  /** Its fields. */
  readonly fields: LogFields;
}

/** Whether a level is at least as urgent as another. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(least);
}
