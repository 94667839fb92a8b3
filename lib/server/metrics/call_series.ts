/** Counts of calls by rpc, client and outcome: plain numbers, formatted on request. */
import type { ExceptionType } from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";

/** The outcome of a call. */
export type Outcome = "ok" | ExceptionType;

/** The label for rpcs and clients beyond the bound. No real name has a bracket. */
export const others = "(other)";

/** Upper bounds of the latency buckets, in milliseconds. */
export const latencyBoundsMs = [
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
  30_000,
] as const;

/** How many more rpcs, and pairs of an rpc and a client, a node may count separately. */
export class SeriesRoom {
  rpcsLeft: number;
  clientsLeft: number;

  constructor({ metricRpcsMax, metricClientsMax }: Limits = limits) {
    this.rpcsLeft = metricRpcsMax;
    this.clientsLeft = metricClientsMax;
  }
}

/** The calls of one rpc. */
export class RpcSeries {
  /** Their durations: one count per bucket, and one for longer calls. */
  readonly buckets: Float64Array = new Float64Array(latencyBoundsMs.length + 1);
  sumMs = 0;
  readonly #clients = new Map<string, ClientSeries>();
  readonly #room: SeriesRoom;

  constructor(room: SeriesRoom) {
    this.#room = room;
  }

  /** The outcomes of each client's calls. */
  get clients(): Iterable<[client: string, outcomes: ClientSeries]> {
    return this.#clients;
  }

  record(client: string, outcome: Outcome, durationMs: number): void {
    let bucket = 0;
    while (bucket < latencyBoundsMs.length && durationMs > latencyBoundsMs[bucket]!) bucket += 1;
    this.buckets[bucket]! += 1;
    this.sumMs += durationMs;
    (this.#clients.get(client) ?? this.#add(client)).record(outcome);
  }

  /** Releases the space that it takes. */
  forget(): void {
    this.#room.clientsLeft += this.#clients.size - Number(this.#clients.has(others));
  }

  #add(client: string): ClientSeries {
    const hasRoom = this.#room.clientsLeft > 0;
    const name = hasRoom ? client : others;
    if (hasRoom) this.#room.clientsLeft -= 1;
    let series = this.#clients.get(name);
    if (series === undefined) this.#clients.set(name, series = new ClientSeries());
    return series;
  }
}

/** The calls of one client to one rpc. */
export class ClientSeries {
  /** The outcome of nearly all calls. */
  ok = 0;
  readonly #failed = new Map<ExceptionType, number>();

  record(outcome: Outcome): void {
    if (outcome === "ok") this.ok += 1;
    else this.#failed.set(outcome, (this.#failed.get(outcome) ?? 0) + 1);
  }

  /** Counts by outcome; `ok` always, others if not 0. */
  *outcomes(): Generator<[Outcome, number]> {
    yield ["ok", this.ok];
    yield* this.#failed;
  }
}

/** The rpcs of one service. */
export class ServiceSeries {
  readonly #rpcs = new Map<string, RpcSeries>();
  readonly #room: SeriesRoom;

  constructor(room: SeriesRoom) {
    this.#room = room;
  }

  /** Those that were called. */
  get rpcs(): Iterable<[rpc: string, series: RpcSeries]> {
    return this.#rpcs;
  }

  /** The rpc's own counts, or the shared ones beyond the bound. */
  of(rpc: string): RpcSeries {
    return this.#rpcs.get(rpc) ?? this.#add(rpc);
  }

  /** Forgets rpcs that were removed. */
  keepOnly(rpcs: { has(name: string): boolean }): void {
    for (const [name, series] of this.#rpcs) {
      if (name === others || rpcs.has(name)) continue;
      this.#rpcs.delete(name);
      this.#room.rpcsLeft += 1;
      series.forget();
    }
  }

  #add(rpc: string): RpcSeries {
    const hasRoom = this.#room.rpcsLeft > 0;
    const name = hasRoom ? rpc : others;
    let series = this.#rpcs.get(name);
    if (series !== undefined) return series;
    if (hasRoom) this.#room.rpcsLeft -= 1;
    this.#rpcs.set(name, series = new RpcSeries(this.#room));
    return series;
  }
}
