import { roundMs } from "../../log/mod.ts";
import { encodeJson } from "../../encoding/mod.ts";
import type { Timing } from "../../protocol/mod.ts";

/** Measures the phases of one call at the node. */
export class CallTiming {
  readonly #cameMs = performance.now();
  #placedMs: number | undefined;

  /** An executor has received it; if it moves to another one, counts from there. */
  readonly placed = (): void => {
    this.#placedMs = performance.now();
  };

  /** The body of the timing frame; call it when the result has arrived. */
  encode(): Uint8Array {
    const placedMs = this.#placedMs ?? this.#cameMs;
    const timing: Timing = {
      queueMs: roundMs(placedMs - this.#cameMs),
      executeMs: roundMs(performance.now() - placedMs),
    };
    return encodeJson(timing);
  }
}
