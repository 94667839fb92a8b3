/** Makes one call for the page, as `farcall call --trace` does. */
import { CallTrace, connect, tracePhases } from "../client/mod.ts";
import type { Configuration } from "../config/mod.ts";
import { limits } from "../limits/mod.ts";
import { codecOfText } from "../types/mod.ts";
import { type ErrorJson, errorToJson } from "./error_json.ts";
import { countField, textField, textsField } from "./request_fields.ts";

/** A call as the page requests it. */
export interface CallOrder {
  readonly service: string;
  readonly rpc: string;
  /** The overload's argument types. */
  readonly types: readonly string[];
  /** Arguments in the string form of `farcall call`. */
  readonly texts: readonly string[];
  /** The client to call as; left out, nodes find it. */
  readonly as?: string;
  /** The node to call; left out, the best provider. */
  readonly server?: string;
  readonly timeoutMs: number;
}

/** A phase of a call and its duration; `ms` is null if it did not happen. */
export interface TracePart {
  readonly phase: string;
  readonly ms: number | null;
}

/** The call's events, in order: items of a stream, then the end. */
export type CallEvent =
  | { readonly kind: "item"; readonly text: string }
  | {
    readonly kind: "value";
    /** JSON, one for each return type; empty for a stream. */
    readonly texts: readonly string[];
    readonly returns: readonly string[];
    readonly script: string;
    readonly node: string;
    readonly trace: readonly TracePart[];
    /** Whether items of a stream, or a part of a value, are not shown. */
    readonly isCut: boolean;
  }
  | {
    readonly kind: "error";
    readonly error: ErrorJson;
    readonly trace: readonly TracePart[];
  };

/** How the page's calls are made. */
export interface CallerOptions {
  /** The file of the private key to prove. */
  readonly keyFile: string | undefined;
  readonly signal: AbortSignal;
}

/** Reads a requested call. @throws {TypeError} Names the invalid field. */
export function readCallOrder(body: Record<string, unknown>): CallOrder {
  return {
    service: textField(body, "service"),
    rpc: textField(body, "rpc"),
    types: textsField(body, "types"),
    texts: textsField(body, "texts"),
    as: textField(body, "as", "") || undefined,
    server: textField(body, "server", "") || undefined,
    timeoutMs: countField(body, "timeoutMs", {
      missing: limits.callTimeoutMs,
      max: limits.callTimeoutMsMax,
    }),
  };
}

/** Makes a call and yields its events. Never throws: an error is an event. */
export async function* makeCall(
  configuration: Configuration,
  order: CallOrder,
  { keyFile, signal }: CallerOptions,
): AsyncGenerator<CallEvent, void> {
  const trace = new CallTrace();
  try {
    const { service, rpc, types, texts, timeoutMs, server } = order;
    await using farcall = await connect(configuration, {
      as: order.as,
      key: keyFile,
      connectTimeoutMs: Math.min(timeoutMs, limits.connectTimeoutMs),
    });
    // Connecting is not part of the call's time here.
    trace.mark();
    const options = { form: "texts" as const, types, timeoutMs, server, signal, trace };
    const { value, signature, script, node } = await farcall.reply(service, rpc, texts, options);
    const { returns } = signature;
    const values = signature.resultStream === undefined
      ? signature.resultToJsonTexts(value)
      : undefined;
    let isCut = values?.some(isTooLong) ?? false;
    if (values === undefined) {
      const item = codecOfText(returns[0]!.slice("Stream[".length, -1));
      let count = 0;
      for await (const each of value as AsyncIterable<unknown>) {
        if (count++ === limits.consoleItemsMax) {
          isCut = true;
          break;
        }
        const text = item.write(each, undefined);
        isCut ||= isTooLong(text);
        yield { kind: "item", text: cut(text) };
      }
    }
    const shown = { texts: values?.map(cut) ?? [], returns, script, node };
    yield { kind: "value", ...shown, trace: partsOf(trace), isCut };
  } catch (error) {
    yield { kind: "error", error: errorToJson(error), trace: partsOf(trace) };
  }
}

function partsOf(trace: CallTrace): TracePart[] {
  return tracePhases.map((phase) => ({ phase, ms: trace.get(phase) ?? null }));
}

function isTooLong(text: string): boolean {
  return text.length > limits.consoleValueLengthMax;
}

function cut(text: string): string {
  return isTooLong(text) ? `${text.slice(0, limits.consoleValueLengthMax)}…` : text;
}
