/** The budget of a connection in frames, as its channel sees it. */
import type { ChannelMemory } from "../../channel/mod.ts";
import { Overloaded, type RpcException, toException } from "../../errors/mod.ts";
import { FrameKind, type PendingFrame } from "../../protocol/mod.ts";
import type { PeerBudget } from "./peer_budget.ts";

/** Takes frames for which there is no memory. */
export interface FrameRefusals {
  /** Of a call or request that is not complete: it alone is refused. */
  refuse(call: number, exception: RpcException): void;
  /** A stranger lets more wait than it may: its connection is to end. */
  end(exception: RpcException): void;
}

/** Charges to a connection what is read from it and what waits to be written to it. */
export class FrameMemory implements ChannelMemory {
  readonly #budget: PeerBudget;
  readonly #refusals: FrameRefusals;

  constructor(budget: PeerBudget, refusals: FrameRefusals) {
    this.#budget = budget;
    this.#refusals = refusals;
  }

  add(bytes: number): void {
    this.#budget.add(bytes);
    if (!this.#budget.isExceeded) return;
    const exception = new Overloaded(this.#budget.refusalOf(0)!);
    // What has taken the memory goes on first.
    queueMicrotask(() => this.#refusals.end(exception));
  }

  release(bytes: number): void {
    this.#budget.release(bytes);
  }

  hasRoom(bytes: number): boolean {
    return this.#budget.hasRoom(bytes);
  }

  /** @throws {Overloaded} If there is no room and the connection has to end. */
  keepsPending(bytes: number, frame: PendingFrame | undefined): boolean {
    try {
      this.#budget.receive(bytes);
      return true;
    } catch (error) {
      const isAlone = frame?.kind === FrameKind.call || frame?.kind === FrameKind.request;
      if (!isAlone || !this.#budget.isKnown) throw error;
      this.#budget.receive(0);
      this.#refusals.refuse(frame.call, toException(error));
      return false;
    }
  }
}
