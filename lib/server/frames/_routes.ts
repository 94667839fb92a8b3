/** The routes of one connection: the target of each number, and access to it. */
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
  /** All overloads of the rpc that the caller may call. */
  readonly overloads: readonly LiveOverload[];
  readonly client: LiveClient;
}

/** Where a route leads. */
export type Decision = Admitted | RpcException;

/** A route, with its cached decision. */
export interface RouteEntry {
  readonly route: Route;
  /** Its memory in bytes. */
  readonly cost: number;
  /** The trace of its call. */
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

  /** @param budget The connection's. */
  constructor(budget: PeerBudget, bounds: Limits) {
    this.#budget = budget;
    this.#bounds = bounds;
  }

  /**
   * Defines or redefines the route of a number.
   *
   * @throws {MalformedMessage} If the body is not a route.
   * @throws {Overloaded} If there are too many routes, or they take too much memory.
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

  /** Whether a number is defined. */
  has(number: number): boolean {
    return this.#entries.has(number);
  }

  /** The route of a number. @throws {MalformedMessage} If it is undefined. */
  get(number: number): RouteEntry {
    const entry = this.#entries.get(number);
    if (entry === undefined) throw new MalformedMessage(`route ${number} was not defined`);
    return entry;
  }
}

/**
 * Resolves access and the serving script once per route and generation. After a commit every route is resolved again,
 * so that a pin holds for every call.
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
