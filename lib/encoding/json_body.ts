/** Reads the JSON bodies of frames, and checks their parts. */
import { MalformedMessage } from "../errors/mod.ts";
import { checkJsonSteps, RepeatedKey } from "./json_scan.ts";
import { parseJsonSteps } from "./json_steps.ts";
import { atOnce, type Steps } from "./steps.ts";
import { decodeJsonText } from "./utf8.ts";

const encoder = new TextEncoder();

/** Encodes a value as the JSON body of a frame. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/**
 * Reads the JSON body of a frame; `what` names it, e.g. `a hello`. @throws {MalformedMessage} If it is not a JSON
 * object.
 */
export function decodeObject(body: Uint8Array, what: string): Record<string, unknown> {
  return atOnce(decodeObjectSteps(body, what));
}

/** As {@linkcode decodeObject}; the body is read in the first step. */
export function* decodeObjectSteps(
  body: Uint8Array,
  what: string,
): Steps<Record<string, unknown>> {
  let value: unknown;
  try {
    const text = decodeJsonText(body);
    yield* checkJsonSteps(text);
    value = yield* parseJsonSteps(text);
  } catch (cause) {
    if (cause instanceof RepeatedKey) throw new MalformedMessage(`${what}: ${cause.message}`);
    throw new MalformedMessage(`the body of ${what} is not JSON`, { cause });
  }
  if (!isObject(value)) throw new MalformedMessage(`the body of ${what} is not a JSON object`);
  return value;
}

/** Whether it is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it is a list of such items. */
export function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

/** Whether it is a list of texts. */
export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Whether it is a text, or left out. */
export function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

/** Whether it is an integer of at least 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}
