/** Whether a node still lives, judged by looks at the connection. */
import type { Limits } from "../../limits/mod.ts";
import { frameHeaderBytes } from "../../protocol/mod.ts";

/** What can be observed of a connection at a moment. */
export interface Signs {
  /** Whether the node has greeted; until then the time for that counts. */
  readonly hasSaidHello: boolean;
  /** Whether an answer is owed. */
  readonly isOwed: boolean;
  /** Bytes that have come from the node so far, in all. */
  readonly readBytes: number;
  /** Bytes that were written to it so far, in all. */
  readonly writtenBytes: number;
  /** Bytes that wait to be written. */
  readonly queuedBytes: number;
}

/** The verdict, and when to look again. */
export type Verdict =
  | { readonly kind: "wait" | "ping"; readonly againInMs: number }
  /** Nothing is owed and nothing is in doubt: until something is, looks may be rare. */
  | { readonly kind: "rest"; readonly againInMs: number }
  | { readonly kind: "end" };

/** A ping that was sent. */
interface Ping {
  /** How many bytes are written when it is. */
  readonly endsAtByte: number;
  /** The bytes written at the last look at which there were more than before, and when that was. */
  writtenBytes: number;
  movedAtMs: number;
  /** Looks since it was written. */
  looks: number;
}

/** How many looks after its ping a silent node is given. */
const looksPerPing = 2;

/**
 * Watches one connection. A node that lives says something all the time: answers while it owes some, and pings
 * of its own while it does not. A program that was busy looks late, and has perhaps not read yet what has come;
 * so it takes two looks, with time to read between them, to end a connection.
 */
export class Silence {
  readonly #bounds: Limits;
  #readBytes: number;
  #ping: Ping | undefined;

  constructor(signs: Signs, bounds: Limits) {
    this.#bounds = bounds;
    this.#readBytes = signs.readBytes;
  }

  /**
   * Judges a moment; on the verdict `ping`, the caller sends one.
   *
   * @param nowMs On any clock, which is always the same.
   */
  look(nowMs: number, signs: Signs): Verdict {
    const { pongTimeoutMs, nodeSilentMs, nodeIdleMs, writeTimeoutMs } = this.#bounds;
    const waiting = { kind: "wait", againInMs: pongTimeoutMs / looksPerPing } as const;
    if (!signs.hasSaidHello || signs.readBytes !== this.#readBytes) {
      this.#readBytes = signs.readBytes;
      this.#ping = undefined;
      return signs.isOwed
        ? { kind: "wait", againInMs: nodeSilentMs }
        : { kind: "rest", againInMs: nodeIdleMs };
    }
    const { writtenBytes, queuedBytes } = signs;
    if (this.#ping === undefined) {
      const endsAtByte = writtenBytes + queuedBytes + frameHeaderBytes;
      this.#ping = { endsAtByte, writtenBytes, movedAtMs: nowMs, looks: 0 };
      return { ...waiting, kind: "ping" };
    }
    const ping = this.#ping;
    if (writtenBytes >= ping.endsAtByte) {
      ping.looks += 1;
      return ping.looks < looksPerPing ? waiting : { kind: "end" };
    }
    // The node reads the ping after what is being sent to it; as long as it takes that, it lives.
    if (writtenBytes !== ping.writtenBytes) {
      ping.writtenBytes = writtenBytes;
      ping.movedAtMs = nowMs;
    }
    return nowMs - ping.movedAtMs < writeTimeoutMs ? waiting : { kind: "end" };
  }
}
