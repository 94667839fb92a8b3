/** The last calls that failed in scripts, for deployers: stacks that callers are never told. */
import { limits } from "../../limits/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";

/** How a call ended. */
export interface RecentFailure {
  readonly script: ScriptId;
  readonly message: string;
  readonly stack: string;
}

/** As many as `limits.failuresKept`, the last one at the end. */
export class RecentFailures {
  readonly #failures: RecentFailure[] = [];

  add({ script, message, stack }: RecentFailure): void {
    if (this.#failures.length >= limits.failuresKept) this.#failures.shift();
    this.#failures.push({ script, message, stack: stack.slice(0, limits.logBlockLengthMax) });
  }

  /** The stack of the last call of a script that failed with a message. */
  find(script: ScriptId, message: string): string | undefined {
    return this.#failures.findLast((each) => each.script === script && each.message === message)
      ?.stack;
  }
}
