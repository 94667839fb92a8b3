/** Stacks of the last failed calls of scripts, for deployers; callers never see them. */
import { limits } from "../../limits/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";

/** A failed call. */
export interface RecentFailure {
  readonly script: ScriptId;
  readonly message: string;
  readonly stack: string;
}

/** Up to `limits.failuresKept`, the newest at the end. */
export class RecentFailures {
  readonly #failures: RecentFailure[] = [];

  add({ script, message, stack }: RecentFailure): void {
    if (this.#failures.length >= limits.failuresKept) this.#failures.shift();
    this.#failures.push({ script, message, stack: stack.slice(0, limits.logBlockLengthMax) });
  }

  /** The stack of a script's last failure with this message. */
  find(script: ScriptId, message: string): string | undefined {
    return this.#failures.findLast((each) => each.script === script && each.message === message)
      ?.stack;
  }
}
