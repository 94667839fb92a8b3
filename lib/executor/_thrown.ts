/** What is told of something that was thrown, whatever it is. */
import { limits } from "../limits/mod.ts";

/** Its stack, for the log; undefined where it has none. Never throws. */
export function stackOf(thrown: unknown): string | undefined {
  try {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === "string" ? shortened(stack) : undefined;
  } catch {
    return undefined;
  }
}

/** What no message holds would cost the executor its link, and so everybody's calls. */
export function shortened(text: string): string {
  const lengthMax = limits.exceptionMessageLengthMax;
  return text.length <= lengthMax ? text : text.slice(0, lengthMax - 1) + "…";
}
