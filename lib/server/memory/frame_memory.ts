/** The budget of a frame connection, as its channel sees it. */
import type { ChannelMemory } from "../../channel/mod.ts";
import { Overloaded, type RpcException, toException } from "../../errors/mod.ts";
import { FrameKind, type PendingFrame } from "../../protocol/mod.ts";
import type { PeerBudget } from "./peer_budget.ts";

/** Handles frames for which there is no memory. */
export interface FrameRefusals {
  /** For an incomplete call or request: only it is refused. */
  refuse(call: number, exception: RpcException): void;
  /** A stranger has more queued than it may: its connection must end. */
  end(exception: RpcException): void;
}

/** Charges a connection for what is read from it and what waits to be written to it. */
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
    // Continue first with the work that has taken the memory.
    queueMicrotask(() => this.#refusals.end(exception));
  }

  release(bytes: number): void {
    this.#budget.release(bytes);
  }

  hasRoom(bytes: number): boolean {
    return this.#budget.hasRoom(bytes);
  }

  /** @throws {Overloaded} If there is no room and the connection must end. */
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
