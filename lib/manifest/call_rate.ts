/** A client's rate limit, and its notation. */
import { limits } from "../limits/mod.ts";

/** A token bucket that holds `burst` calls and is refilled with `calls` per `periodMs`. */
export interface CallRate {
  /** At least 1. */
  readonly calls: number;
  /** 1,000, 60,000 or 3,600,000. */
  readonly periodMs: number;
  /** Calls that may be made at once after an idle period; at least 1. */
  readonly burst: number;
}

const periods: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** The notation of a rate, for messages. */
export const rateForm = "calls and their time, such as 100/s, 30/m or 5/h";

/**
 * Parses `100/s`.
 *
 * @returns undefined if the text is not a rate.
 */
export function parseRate(text: string): Omit<CallRate, "burst"> | undefined {
  const match = /^([1-9]\d{0,7}) ?\/ ?([smh])$/.exec(text.trim());
  if (match === null || Number(match[1]) > limits.rateCallsMax) return undefined;
  return { calls: Number(match[1]), periodMs: periods[match[2]!]! };
}

/** The pattern that {@linkcode parseRate} accepts. */
export const ratePattern = "^\\s*[1-9]\\d{0,7} ?/ ?[smh]\\s*$";

/** Formats a rate: `100/s`, and the burst if it differs. */
export function formatRate({ calls, periodMs, burst }: CallRate): string {
  const [unit] = Object.entries(periods).find(([, period]) => period === periodMs)!;
  return `${calls}/${unit}${burst === calls ? "" : `, burst ${burst}`}`;
}

/** Whether a value from another machine is a rate. */
export function isCallRate(value: unknown): value is CallRate {
  if (typeof value !== "object" || value === null) return false;
  const { calls, periodMs, burst } = value as Record<string, unknown>;
  const isCount = (count: unknown): boolean =>
    Number.isSafeInteger(count) && count as number >= 1 && count as number <= limits.rateCallsMax;
  return isCount(calls) && isCount(burst) && Object.values(periods).includes(periodMs as number);
}
