/**
 * What it costs in memory to hold things, in bytes: measured with V8 13 (`tests/server/memory/memory_test.ts` measures again),
 * where a text takes 16 bytes and one or two for each character, an entry of a list 8. Pure.
 */
import { KiB, limits } from "../../limits/mod.ts";
import { MessageTooLarge, Overloaded } from "../../errors/mod.ts";
import type { WholeMessages } from "../../helper/mod.ts";
import type { Route } from "../../protocol/mod.ts";
import type { Hold } from "./hold.ts";

/** The entry of a route, without its texts. */
const routeEntryBytes = 512;
/** A text in a list, without its characters. */
const textBytes = 40;

/** A route that was parsed from a body of so many bytes. A character of one byte may take two, beside another of two. */
export function costOfRoute(route: Route, bodyBytes: number): number {
  const texts = route.argumentTypes.length + route.returnTypes.length + 2;
  return routeEntryBytes + textBytes * texts + 2 * bodyBytes;
}

/** A call in flight with arguments of so many bytes; those of its streams are counted as they come. */
export function costOfCall(payloadBytes: number, streams: number): number {
  return limits.callCostBytes * (1 + streams) + payloadBytes;
}

/**
 * A message in a framing of JSON whose call is in flight: its text, what was encoded from it, and where no helper has
 * read it the values that were parsed.
 */
export function costOfJson(message: Uint8Array, messages: Pick<WholeMessages, "isLarge">): number {
  const isHelped = messages.isLarge(message);
  return message.length * (isHelped ? limits.helpedJsonCostFactor : limits.jsonCostFactor);
}

/** A size as people read it. */
export function formatBytes(bytes: number): string {
  const unit = bytes < KiB ** 2 ? KiB : KiB ** 2;
  return `${Math.ceil(bytes / unit)} ${unit === KiB ? "KiB" : "MiB"}`;
}

/** Replaces an answer that exceeds the memory, after the work was done. */
export function answerDropped(refusal: string): MessageTooLarge {
  return new MessageTooLarge(`the call has run, but its result was dropped: ${refusal}`);
}

/** The exception in place of an answer that its caller would not accept, or that exceeds the memory. */
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
 * Holds a result of so many characters of JSON until its caller has read it: the text, and its bytes.
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
