/** What is told of something that was thrown, whatever it is. */
import { limits } from "../limits/mod.ts";

/** How many causes of causes are told. */
const causesMax = 4;

/** Its stack and those of its causes, for the log; undefined where it has none. Never throws. */
export function stackOf(thrown: unknown): string | undefined {
  const stacks: string[] = [];
  try {
    let each = thrown;
    while (each instanceof Error && stacks.length <= causesMax) {
      const { stack, cause } = each;
      if (typeof stack !== "string") break;
      stacks.push(stack);
      each = cause;
    }
  } catch {
    // What was read until then is told.
  }
  return stacks.length === 0 ? undefined : shortened(stacks.join("\nCaused by: "));
}

/** What no message holds would cost the executor its link, and so everybody's calls. */
export function shortened(text: string): string {
  const lengthMax = limits.exceptionMessageLengthMax;
  return text.length <= lengthMax ? text : text.slice(0, lengthMax - 1) + "…";
}

/** What functions throw that came from us, and what it was. */
const stoodFor = new WeakMap<object, unknown>();

/** Throw this: a function may let it through, and it is still known then. @param what What it stands for. */
export function standingFor(shown: Error, what: unknown = shown): Error {
  stoodFor.set(shown, what);
  return shown;
}

/** What we have thrown into a function that it has thrown on; undefined for all else. */
export function ownOf(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null ? stoodFor.get(thrown) : undefined;
}
