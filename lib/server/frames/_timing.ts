import { roundMs } from "../../log/mod.ts";
import { encodeJson } from "../../encoding/mod.ts";
import type { Timing } from "../../protocol/mod.ts";

/** Finds out where the time of one call goes. */
export class CallTiming {
  readonly #cameMs = performance.now();
  #placedMs: number | undefined;

  /** An executor has it. One that was given to another counts from there. */
  readonly placed = (): void => {
    this.#placedMs = performance.now();
  };

  /** The body of the frame that tells it; to be called when the result has come. */
  encode(): Uint8Array {
    const placedMs = this.#placedMs ?? this.#cameMs;
    const timing: Timing = {
      queueMs: roundMs(placedMs - this.#cameMs),
      executeMs: roundMs(performance.now() - placedMs),
    };
    return encodeJson(timing);
  }
}
