/** Bounds meaningless frames of a caller. */
import { itemCost } from "../../channel/mod.ts";
import { MalformedMessage } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { type LateFrames, lateItemBytesMost } from "../calls/call_streams.ts";

/**
 * Distinguishes frames that crossed the end of their call, which are legitimate, from meaningless ones: after a few of
 * these, the connection is closed.
 */
export class StrayFrames {
  readonly #bounds: Limits;
  #left: number;
  #lateCount = 0;
  #lateItemBytes = 0;
  #routesLeft = 0;
  #pongs = 0;
  #pingsLeft: number;
  #pingedAtMs = 0;

  constructor(bounds: Limits) {
    this.#bounds = bounds;
    this.#left = bounds.strayFramesMax;
    this.#pingsLeft = bounds.pingsMax;
  }

  /** A call or request arrived: its route may be redefined, and it may be cancelled too late. */
  asked(): void {
    this.#routesLeft += 1;
    this.#lateCount += 1;
  }

  /** A call ended that had, or might have had, streams. */
  ended({ count, itemBytes }: LateFrames): void {
    this.#lateCount += count;
    this.#lateItemBytes += itemBytes;
  }

  /** Counts a frame for a call that is not open. @throws {MalformedMessage} If there are too many. */
  takeLate(kind: number, call: number, body: Uint8Array): void {
    if (kind === FrameKind.item) {
      if (this.#lateItemBytes <= 0) {
        return this.#stray(`an item of call ${call}, which is not open`);
      }
      this.#lateItemBytes -= Math.min(itemCost(body), lateItemBytesMost);
      return;
    }
    if (this.#lateCount === 0) {
      return this.#stray(`a frame of kind ${kind} for call ${call}, which is not open`);
    }
    this.#lateCount -= 1;
  }

  /** Counts a redefined route. @throws {MalformedMessage} If there are too many. */
  takeRouteAgain(number: number): void {
    if (this.#routesLeft > 0) this.#routesLeft -= 1;
    else this.#stray(`route ${number} said again, and no call since`);
  }

  /**
   * @param sentFrames The number of frames that the node has sent: each may have caused one.
   * @throws {MalformedMessage} If too many came.
   */
  takePong(sentFrames: number): void {
    this.#pongs += 1;
    if (this.#pongs > sentFrames) this.#stray("a pong without a ping");
  }

  /** @throws {MalformedMessage} If too many came. */
  takePing(nowMs: number): void {
    const { pingsMax, pingsPerSecondMax } = this.#bounds;
    const refill = (nowMs - this.#pingedAtMs) * pingsPerSecondMax / 1000;
    this.#pingsLeft = Math.min(pingsMax, this.#pingsLeft + refill) - 1;
    this.#pingedAtMs = nowMs;
    if (this.#pingsLeft < 0) {
      throw new MalformedMessage(
        `more than ${pingsMax} pings at once, and ${pingsPerSecondMax} a second`,
      );
    }
  }

  /** @throws {MalformedMessage} If too many came. */
  takeGoodbye(): void {
    this.#stray("a goodbye");
  }

  #stray(what: string): void {
    this.#left -= 1;
    if (this.#left >= 0) return;
    throw new MalformedMessage(
      `more than ${this.#bounds.strayFramesMax} frames that mean nothing here; the last is ${what}`,
    );
  }
}
