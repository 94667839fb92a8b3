/** How a connection reaches its node, directly or through NATS, and the round-trip time. */
import type { Channel } from "../../channel/mod.ts";
import { limits } from "../../limits/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { Timer } from "../../timers/mod.ts";

/** How a node is reached. */
export interface Way {
  /** Whether a NATS server relays the connection; otherwise it is direct. */
  readonly isRelayed: boolean;
  /** The round-trip time in milliseconds; undefined if the node did not answer in time. */
  readonly roundTripMs: number | undefined;
}

/** A route as text: `relayed through NATS, round trip 0.42 ms`. */
export function wayText({ isRelayed, roundTripMs }: Way): string {
  const way = isRelayed ? "relayed through NATS" : "direct";
  if (roundTripMs === undefined) return way;
  const shown = roundTripMs < 10 ? roundTripMs.toPrecision(2) : String(Math.round(roundTripMs));
  return `${way}, round trip ${shown} ms`;
}

/** Timed pings, numbered; keep-alive pings have the number 0. */
export class TimedPings {
  readonly #channel: Channel;
  readonly #waiting = new Map<number, () => void>();
  #lastNumber = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Measures the route. The shorter of two round trips counts: the first one warms up. */
  async way(): Promise<Way> {
    const isRelayed = this.#channel.transport.carrier === "nats";
    const first = await this.#roundTrip();
    const second = first === undefined ? undefined : await this.#roundTrip();
    return { isRelayed, roundTripMs: second === undefined ? first : Math.min(first!, second) };
  }

  /** A pong has arrived. */
  answered(number: number): void {
    this.#waiting.get(number)?.();
  }

  async #roundTrip(): Promise<number | undefined> {
    if (this.#channel.isClosed) return undefined;
    const number = ++this.#lastNumber;
    const sentMs = performance.now();
    const ms = await new Promise<number | undefined>((resolve) => {
      const timer = new Timer(() => resolve(undefined), limits.nats.roundTripMaxMs);
      this.#waiting.set(number, () => {
        timer.stop();
        resolve(performance.now() - sentMs);
      });
      this.#channel.send(FrameKind.ping, 0, number);
    });
    this.#waiting.delete(number);
    return ms;
  }
}
