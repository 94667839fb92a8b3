/** The routes of one connection: what a number stands for, and whether the caller may take it. */
import { type TraceContext, traceContext } from "../../context/mod.ts";
import {
  ClientNotRegistered,
  MalformedMessage,
  Overloaded,
  type RpcException,
  toException,
} from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import { decodeRoute, type Route } from "../../protocol/mod.ts";
import { costOfRoute } from "../memory/costs.ts";
import type { PeerBudget } from "../memory/peer_budget.ts";
import { admit, type Caller, checkPin, overloadOf } from "../calls/access.ts";
import { callLoop } from "../calls/script_calls.ts";
import type { LiveClient, LiveGeneration, LiveOverload } from "../calls/live_generation.ts";

/** Where a route leads that is open to its caller: to an overload, as which client. */
export interface Admitted {
  readonly overload: LiveOverload;
  /** All of the rpc that the caller may call. */
  readonly overloads: readonly LiveOverload[];
  readonly client: LiveClient;
}

/** Where a route leads. */
export type Decision = Admitted | RpcException;

/** One route, with what was decided about it. */
export interface RouteEntry {
  readonly route: Route;
  /** What it costs to keep it, in bytes. */
  readonly cost: number;
  /** The trace of the call that it is for. */
  readonly trace: TraceContext | undefined;
  generation: LiveGeneration | undefined;
  decision: Decision;
}

const undecided: RpcException = new ClientNotRegistered("");

/** The table of routes. */
export class Routes {
  readonly #entries = new Map<number, RouteEntry>();
  readonly #budget: PeerBudget;
  readonly #bounds: Limits;

  /** @param budget Its connection's. */
  constructor(budget: PeerBudget, bounds: Limits) {
    this.#budget = budget;
    this.#bounds = bounds;
  }

  /**
   * Says what a number stands for from now on.
   *
   * @throws {MalformedMessage} If the body is not a route.
   * @throws {Overloaded} If it is one number too many, or takes too much memory.
   */
  define(number: number, body: Uint8Array): void {
    const { routesPerConnectionMax } = this.#bounds;
    if (!this.#entries.has(number) && this.#entries.size >= routesPerConnectionMax) {
      throw new Overloaded(
        `a connection may define ${routesPerConnectionMax} routes; use their numbers again`,
      );
    }
    const route = decodeRoute(body);
    const cost = costOfRoute(route, body.length);
    this.#budget.charge(cost);
    this.#budget.release(this.#entries.get(number)?.cost ?? 0);
    const trace = traceContext(route.traceparent, route.tracestate);
    this.#entries.set(number, { route, cost, trace, generation: undefined, decision: undecided });
  }

  /** Whether that was said of a number. */
  has(number: number): boolean {
    return this.#entries.has(number);
  }

  /** What a number stands for. @throws {MalformedMessage} If that was not said. */
  get(number: number): RouteEntry {
    const entry = this.#entries.get(number);
    if (entry === undefined) throw new MalformedMessage(`route ${number} was not defined`);
    return entry;
  }
}

/**
 * Access, and the script that serves a route, are decided once a route and generation: a commit makes
 * every route ask again, so that a pin holds for every call.
 */
export function decide(entry: RouteEntry, live: LiveGeneration, caller: Caller): Decision {
  if (entry.generation === live) return entry.decision;
  entry.generation = live;
  try {
    const { client, overloads } = admit(live, caller, entry.route);
    const { depth = 0 } = entry.route;
    if (depth > limits.scriptCallDepthMax) {
      throw callLoop(depth, `${client.name} was the last to call`);
    }
    const overload = overloadOf(overloads, entry.route);
    checkPin(overload, entry.route.script);
    entry.decision = { client, overload, overloads };
  } catch (error) {
    entry.decision = toException(error);
  }
  return entry.decision;
}
