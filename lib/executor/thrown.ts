/** The text of a thrown value, whatever it is. */
import { exceptionTypes } from "../errors/mod.ts";
import {
  causesOf,
  dataOf,
  errorIn,
  errorMessage,
  errorText,
  inspectBare,
  messageIn,
  nestedErrorsOf,
} from "../inspect/mod.ts";
import { limits } from "../limits/mod.ts";

/**
 * The text for a caller: the message, with the error's class if that says more than `Error`. Runs no code of the
 * function's author, and never throws.
 */
export function thrownText(thrown: unknown): string {
  const error = errorIn(thrown);
  const isSaidAsItIs = error !== undefined && isSaidToCallers(error);
  return shortened(isSaidAsItIs ? errorMessage(error) : titleOf(thrown));
}

/**
 * As {@linkcode thrownText}, with its causes: a script's author, often not the node's operator, cannot read the log.
 */
export function thrownTextWithCauses(thrown: unknown): string {
  const error = errorIn(thrown);
  if (error === undefined || isSaidToCallers(error)) return thrownText(thrown);
  const nested = nestedErrorsOf(error).slice(0, nestedMax).map(titleOf);
  const all = nested.length === 0 ? "" : ` (${nested.join("; ")})`;
  const causes = causesOf(error).map((cause) => `; caused by ${titleOf(cause)}`);
  return shortened(titleOf(error) + all + causes.join(""));
}

/**
 * Whether it is an exception of farcall's, of this copy or another, with a message for callers and a cause for the log.
 */
function isSaidToCallers(error: object): boolean {
  const code = dataOf(error, "code");
  return typeof code === "string" && (exceptionTypes as readonly string[]).includes(code) &&
    errorMessage(error) !== "";
}

/** Maximum errors shown of an AggregateError. */
const nestedMax = 4;

function titleOf(thrown: unknown): string {
  return messageIn(thrown) ?? inspectBare(thrown);
}

/** Its stack and those of its causes, for the log; undefined if it is not an error. Runs no code of theirs. */
export function stackOf(thrown: unknown): string | undefined {
  const error = errorIn(thrown);
  if (error === undefined) return undefined;
  const causes = causesOf(error).map((cause) => errorIn(cause)).filter((cause) =>
    cause !== undefined
  );
  return shortened([error, ...causes].map(errorText).join("\nCaused by: "));
}

/** Truncates: a message that exceeds its bound would end the executor's link, and so everybody's calls. */
export function shortened(text: string): string {
  const lengthMax = limits.exceptionMessageLengthMax;
  return text.length <= lengthMax ? text : text.slice(0, lengthMax - 1) + "…";
}

/** Errors that we throw into functions, and their meaning. */
const stoodFor = new WeakMap<object, unknown>();

/** Creates an error to throw: it is recognized again if the function lets it through. @param what Its meaning. */
export function standingFor(shown: Error, what: unknown = shown): Error {
  stoodFor.set(shown, what);
  return shown;
}

/** The meaning of an error that we threw into a function and that it let through; undefined for any other. */
export function ownOf(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null ? stoodFor.get(thrown) : undefined;
}
