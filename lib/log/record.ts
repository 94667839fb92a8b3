/** What a record is. */

/** How urgent a record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** From the least to the most urgent. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** What a record says besides its event; undefined fields are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One record. */
export interface LogRecord {
  /** When it was made, in milliseconds since the UNIX epoch. */
  readonly epochMs: number;
  /** How urgent it is. */
  readonly level: LogLevel;
  /** What happened, e.g. `call.executed`. */
  readonly event: string;
  /** What else there is to say. */
  readonly fields: LogFields;
}

/** Whether a level is as urgent as another, or more. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(least);
}
