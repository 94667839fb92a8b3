/**
 * The memory cost of held data, in bytes: measured with V8 13 (`tests/server/memory/memory_test.ts` measures again),
 * where a string takes 16 bytes plus one or two per character, and a list entry 8. Pure.
 */
import { KiB, limits } from "../../limits/mod.ts";
import { MessageTooLarge, Overloaded } from "../../errors/mod.ts";
import type { WholeMessages } from "../../helper/mod.ts";
import type { Route } from "../../protocol/mod.ts";
import type { Hold } from "./hold.ts";

/** The entry of a route, without its strings. */
const routeEntryBytes = 512;
/** A string in a list, without its characters. */
const textBytes = 40;

/** A route parsed from a body of this many bytes. A one-byte character may take two beside a two-byte one. */
export function costOfRoute(route: Route, bodyBytes: number): number {
  const texts = route.argumentTypes.length + route.returnTypes.length + 2;
  return routeEntryBytes + textBytes * texts + 2 * bodyBytes;
}

/** A call in flight with arguments of this many bytes; its stream items are charged as they arrive. */
export function costOfCall(payloadBytes: number, streams: number): number {
  return limits.callCostBytes * (1 + streams) + payloadBytes;
}

/**
 * A JSON message whose call is in flight: its text, its encoded arguments, and, unless a helper has read it, its parsed
 * values.
 */
export function costOfJson(message: Uint8Array, messages: Pick<WholeMessages, "isLarge">): number {
  const isHelped = messages.isLarge(message);
  return message.length * (isHelped ? limits.helpedJsonCostFactor : limits.jsonCostFactor);
}

/** A size for people. */
export function formatBytes(bytes: number): string {
  const unit = bytes < KiB ** 2 ? KiB : KiB ** 2;
  return `${Math.ceil(bytes / unit)} ${unit === KiB ? "KiB" : "MiB"}`;
}

/** Replaces a reply that exceeds the memory, after the work was done. */
export function answerDropped(refusal: string): MessageTooLarge {
  return new MessageTooLarge(`the call has run, but its result was dropped: ${refusal}`);
}

/** The exception in place of a reply that its caller would not accept, or that exceeds the memory. */
export function refusalOfAnswer(
  bytes: number,
  bytesMax: number,
  budget: { refusalOf(bytes: number): string | undefined },
): MessageTooLarge | undefined {
  if (bytes > bytesMax) {
    return new MessageTooLarge(
      `the answer needs a frame of ${bytes} bytes, the caller accepts ${bytesMax}`,
    );
  }
  const refusal = budget.refusalOf(bytes);
  return refusal === undefined ? undefined : answerDropped(refusal);
}

/**
 * Charges a result of this many JSON characters until its caller has read it: the text, and its bytes.
 *
 * @throws {MessageTooLarge} If there is no memory for it.
 */
export function growForResult(hold: Hold | undefined, characters: number): void {
  try {
    hold?.grow(limits.jsonResultCostFactor * characters);
  } catch (error) {
    throw error instanceof Overloaded ? answerDropped(error.message) : error;
  }
}
