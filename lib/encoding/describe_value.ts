/** Describes values briefly, for messages. */
import { limits } from "../limits/mod.ts";

/** An exception's message, truncated to its bound. */
export function cutMessage(message: string): string {
  const lengthMax = limits.exceptionMessageLengthMax;
  return message.length <= lengthMax ? message : message.slice(0, lengthMax - 1) + "…";
}

/** The step of a Dict's key, shown briefly. */
export function keyStep(key: string): string {
  return `key ${quoteBriefly(key)}`;
}

const shownCharactersMax = 60;
const shownIntegerMax = 10n ** BigInt(shownCharactersMax);

/** A text in quotes, cut at about sixty characters. */
export function quoteBriefly(text: string): string {
  if (text.length <= shownCharactersMax) return JSON.stringify(text);
  const lastCode = text.charCodeAt(shownCharactersMax - 1);
  const end = lastCode >= 0xd800 && lastCode < 0xdc00 ? shownCharactersMax - 1 : shownCharactersMax;
  return JSON.stringify(text.slice(0, end) + "…");
}

/** Describes a value: `"x"`, `1.5`, `a list of 3`. Never throws. */
export function describeValue(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return "something that cannot be shown";
  }
}

function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoteBriefly(value);
    case "bigint":
      if (value < shownIntegerMax && value > -shownIntegerMax) return value.toString();
      return `an integer of more than ${shownCharactersMax} digits`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  if (value instanceof Promise) return "a promise (it was not awaited)";
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return "an object";
  const name = prototype.constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `an object of class ${name.slice(0, shownCharactersMax)}`;
}
