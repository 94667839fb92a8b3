/** Formats anything thrown as text. */
import { classNameOf, dataOf, isA, stackOf, withoutProxy } from "./_reading.ts";

const errorPrototype = Error.prototype;

/** The longest chain of causes that is shown. */
export const causesMax = 4;

/** The error, or the error behind a proxy; undefined for other values. */
export function errorIn(value: unknown): object | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const object = withoutProxy(value);
  return object !== undefined && isA(object, errorPrototype) ? object : undefined;
}

/** Its class and message: `RangeError: too far`. */
export function errorTitle(error: object): string {
  const [name, message] = [errorName(error), errorMessage(error)];
  return message === "" ? name : `${name}: ${message}`;
}

/** Its `name`, or its class. */
export function errorName(error: object): string {
  const name = dataOf(error, "name");
  const className = classNameOf(error);
  // Classes derived from Error often do not set it.
  if (typeof name === "string" && name !== "" && name !== "Error") return name;
  return className ?? "Error";
}

/** Empty if it has none. */
export function errorMessage(error: object): string {
  const message = dataOf(error, "message");
  return typeof message === "string" ? message : "";
}

/** Its current title, and the frames of its stack. */
export function errorText(error: object): string {
  const stack = stackOf(error) ?? "";
  const placesBegin = stack.indexOf("\n    at ");
  return errorTitle(error) + (placesBegin < 0 ? "" : stack.slice(placesBegin));
}

/** The chain of its causes: at most {@linkcode causesMax}, each once. */
export function causesOf(error: object): unknown[] {
  const causes: unknown[] = [];
  let each: object | undefined = error;
  while (each !== undefined && causes.length < causesMax) {
    const cause = dataOf(each, "cause");
    if (cause === undefined || cause === error || causes.includes(cause)) break;
    causes.push(cause);
    each = errorIn(cause);
  }
  return causes;
}

/** The errors of an AggregateError. */
export function nestedErrorsOf(error: object): readonly unknown[] {
  const errors = dataOf(error, "errors");
  return Array.isArray(errors) ? errors : [];
}

/** The message of anything thrown, also of objects other than errors; undefined if it has none. */
export function messageIn(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null) return undefined;
  const object = withoutProxy(thrown);
  if (object === undefined) return undefined;
  const message = errorMessage(object);
  const name = errorIn(object) === undefined ? dataOf(object, "name") : errorName(object);
  if (message === "") return errorIn(object) === undefined ? undefined : errorName(object);
  return typeof name !== "string" || name === "" || name === "Error"
    ? message
    : `${name}: ${message}`;
}
