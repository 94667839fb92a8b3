/** Checks options before anything is done, for programs that are not type-checked. */
import { limits } from "../limits/mod.ts";
import { traceContext } from "../context/mod.ts";
import { describeValue, refuseEmpty, refuseEmptyText } from "../encoding/mod.ts";
import type { CallOptions } from "./options.ts";

/**
 * Checks the parts of a call except its values, which are checked against its types.
 *
 * @throws {TypeError} If a part does not match the signature of `call`.
 */
export function checkCall(
  service: unknown,
  rpc: unknown,
  values: unknown,
  options: CallOptions | null,
): void {
  if (typeof service !== "string") throw wrong("the service", 'a name, e.g. "math"', service);
  if (typeof rpc !== "string") throw wrong("the rpc", 'a name, e.g. "add"', rpc);
  if (!Array.isArray(values)) {
    throw wrong("the arguments", "an array with one value per argument, e.g. [2, 3]", values);
  }
  if (typeof options !== "object" || options === null) {
    throw wrong("the options", "an object, e.g. { timeoutMs: 1000 }", options);
  }
  const { signal, types, server, pin, trace } = options;
  refuseEmptyText("the service", service);
  refuseEmptyText("the rpc", rpc);
  refuseEmptyText("server", server);
  refuseEmptyText("pin", pin);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong("signal", "an AbortSignal", signal);
  }
  if (trace !== undefined && !isTrace(trace)) {
    throw wrong("trace", 'a CallTrace, or { traceparent: "00-…-…-01" } of a trace', trace);
  }
  if (types !== undefined && !(Array.isArray(types) && types.every(isText))) {
    throw wrong("types", 'an array of type expressions, e.g. ["int", "int"]', types);
  }
}

function isTrace(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return !("traceparent" in value) ? "lap" in value : traceContext(value.traceparent) !== undefined;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function wrong(what: string, expected: string, got: unknown): TypeError {
  return new TypeError(`${what} must be ${expected}; got ${describeValue(got)}`);
}

/** @throws {RangeError} If it is out of its bounds. */
export function checkTimeout(timeoutMs: number | undefined): number | undefined {
  return checkDuration("timeoutMs", 1, timeoutMs);
}

/** @throws {RangeError} If it is out of its bounds. */
export function checkConnectTimeout(timeoutMs: number | undefined): number | undefined {
  return checkDuration("connectTimeoutMs", 1, timeoutMs);
}

/** @throws {RangeError} If it is out of its bounds. */
export function checkHedge(hedgeMs: number | undefined): number | undefined {
  return checkDuration("hedgeMs", 0, hedgeMs);
}

/** @throws {RangeError} If it is out of its bounds. */
export function checkRetries(retries: number | undefined): number | undefined {
  if (retries === undefined) return undefined;
  if (Number.isInteger(retries) && retries >= 0 && retries <= limits.retriesMax) return retries;
  throw new RangeError(
    `retries must be a whole number from 0 to ${limits.retriesMax}, got ${retries}`,
  );
}

/** @returns The given or the default concurrency. @throws {RangeError} If it is out of its bounds. */
export function checkConcurrency(concurrency: number = limits.callAllAtOnce): number {
  const most = limits.callAllAtOnceMax;
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= most) return concurrency;
  throw new RangeError(`concurrency must be a whole number from 1 to ${most}, got ${concurrency}`);
}

/** @throws {TypeError} If it is empty or not a list. */
export function checkOn(on: unknown): void {
  if (on === undefined) return;
  if (Array.isArray(on) && on.length > 0 && on.every(isText)) {
    return refuseEmpty(Object.fromEntries(on.map((name, index) => [`on[${index}]`, name])));
  }
  throw wrong("on", 'a list of servers, e.g. ["s1", "s2"]', on);
}

function checkDuration(
  name: string,
  leastMs: number,
  givenMs: number | undefined,
): number | undefined {
  if (givenMs === undefined) return undefined;
  if (Number.isFinite(givenMs) && givenMs >= leastMs && givenMs <= limits.callTimeoutMsMax) {
    return givenMs;
  }
  throw new RangeError(
    `${name} must be from ${leastMs} to ${limits.callTimeoutMsMax} milliseconds, got ${givenMs}`,
  );
}
