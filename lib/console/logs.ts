/** The logs of nodes for the page, as `farcall logs` reads them. */
import { connect, type LogEntry } from "../client/mod.ts";
import type { Configuration } from "../config/mod.ts";
import { limits } from "../limits/mod.ts";
import { type LogLevel, logLevels } from "../log/mod.ts";
import { type ErrorJson, errorToJson } from "./error_json.ts";

/** A record of a node, or the error from reading its log. */
export type LogLine =
  | { readonly node: string; readonly record: NonNullable<LogEntry["record"]> }
  | { readonly node: string; readonly error: ErrorJson };

/** Parts that the page does not send. */
export interface LogReaderOptions {
  readonly keyFile: string | undefined;
  readonly signal: AbortSignal;
}

/** Streams records until the page closes. @throws {TypeError} If a filter is invalid. */
export async function* readConsoleLogs(
  configuration: Configuration,
  asked: URLSearchParams,
  { keyFile, signal }: LogReaderOptions,
): AsyncGenerator<LogLine, void> {
  const text = (name: string): string | undefined => asked.get(name) || undefined;
  const node = text("node");
  await using farcall = await connect(configuration, { key: keyFile });
  const entries = farcall.logs({
    on: node === undefined ? undefined : [node],
    level: levelIn(text("level")),
    service: text("service"),
    rpc: text("rpc"),
    call: text("call"),
    since: new Date(Date.now() - sinceMsIn(text("sinceMs"))),
    follow: true,
    signal,
  });
  for await (const { node, record, error } of entries) {
    yield record === undefined ? { node, error: errorToJson(error) } : { node, record };
  }
}

function levelIn(text: string | undefined): LogLevel | undefined {
  const level = logLevels.find((each) => each === text);
  if (level !== undefined || text === undefined) return level;
  throw new TypeError(`"level" must be one of ${logLevels.join(", ")}`);
}

function sinceMsIn(text: string | undefined): number {
  const sinceMs = text === undefined ? limits.logSinceMs : Number(text);
  if (Number.isSafeInteger(sinceMs) && sinceMs >= 0) return sinceMs;
  throw new TypeError('"sinceMs" must be a number of milliseconds');
}
