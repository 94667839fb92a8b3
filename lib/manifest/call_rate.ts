/** How often a client may call, and how people write it. */
import { limits } from "../limits/mod.ts";

/** A bucket that holds `burst` calls and is filled again, call by call, with `calls` in `periodMs`. */
export interface CallRate {
  /** From 1 on. */
  readonly calls: number;
  /** 1,000, 60,000 or 3,600,000. */
  readonly periodMs: number;
  /** Calls that may be made at once after a while without; from 1 on. */
  readonly burst: number;
}

const periods: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** How a rate is written, for messages. */
export const rateForm = "calls and their time, such as 100/s, 30/m or 5/h";

/** Reads `100/s`. @returns undefined if it is not one. */
export function parseRate(text: string): Omit<CallRate, "burst"> | undefined {
  const match = /^([1-9]\d{0,7}) ?\/ ?([smh])$/.exec(text.trim());
  if (match === null || Number(match[1]) > limits.rateCallsMax) return undefined;
  return { calls: Number(match[1]), periodMs: periods[match[2]!]! };
}

/** What {@linkcode parseRate} reads, as a pattern. */
export const ratePattern = "^\\s*[1-9]\\d{0,7} ?/ ?[smh]\\s*$";

/** Writes a rate: `100/s`, and the burst where it is another number. */
export function formatRate({ calls, periodMs, burst }: CallRate): string {
  const [unit] = Object.entries(periods).find(([, period]) => period === periodMs)!;
  return `${calls}/${unit}${burst === calls ? "" : `, burst ${burst}`}`;
}

/** Whether a value that came from elsewhere is a rate. */
export function isCallRate(value: unknown): value is CallRate {
  if (typeof value !== "object" || value === null) return false;
  const { calls, periodMs, burst } = value as Record<string, unknown>;
  const isCount = (count: unknown): boolean =>
    Number.isSafeInteger(count) && count as number >= 1 && count as number <= limits.rateCallsMax;
  return isCount(calls) && isCount(burst) && Object.values(periods).includes(periodMs as number);
}
