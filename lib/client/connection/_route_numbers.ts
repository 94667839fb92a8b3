/** Numbers for routes on one connection. */
import type { Limits } from "../../limits/mod.ts";
import { type Route, routeNumberMax } from "../../protocol/mod.ts";

/** The number that all calls in a trace use for their route. */
const tracedRoute = 0;

/** Assigns the numbers. */
export class RouteNumbers {
  readonly #routesMax: number;
  readonly #numbers = new Map<string, number>();
  /** Recent routes, by list of argument types (each overload keeps one list object). */
  readonly #lately = new Map<Route["argumentTypes"], { route: Route; number: number }>();

  readonly #define: (number: number, route: Route) => void;

  /** @param define Tells the node what a number means. */
  constructor(
    { routesPerConnectionMax }: Limits,
    define: (number: number, route: Route) => void,
  ) {
    this.#routesMax = routesPerConnectionMax;
    this.#define = define;
  }

  /** The number of a route, which the node knows from now on. */
  of(route: Route): number {
    // It serves one call: the number is free again as soon as that is sent.
    if (route.traceparent !== undefined) return this.#defined(tracedRoute, route);
    const lately = this.#lately.get(route.argumentTypes);
    if (lately !== undefined && isSame(lately.route, route)) return lately.number;
    const number = this.#find(route);
    if (this.#lately.size >= this.#routesMax) this.#lately.clear();
    this.#lately.set(route.argumentTypes, { route, number });
    return number;
  }

  #find(route: Route): number {
    const { service, rpc, argumentTypes, returnTypes, script = "", trace, depth } = route;
    // The length separates a name from the one after it.
    const key =
      `${trace ? "trace " : ""}${
        depth ?? ""
      } ${script} ${service.length} ${service}${rpc.length} ${rpc}` +
      `(${argumentTypes.join()})${returnTypes.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size >= Math.min(this.#routesMax - 1, routeNumberMax)) {
      // Start over: redefining a number replaces its route.
      this.#numbers.clear();
      this.#lately.clear();
    }
    const number = this.#numbers.size + 1;
    this.#numbers.set(key, number);
    return this.#defined(number, route);
  }

  #defined(number: number, route: Route): number {
    this.#define(number, route);
    return number;
  }
}

/** Whether two routes with the same list of argument types are the same; may say no for equal ones. */
function isSame(a: Route, b: Route): boolean {
  return a.returnTypes === b.returnTypes && a.service === b.service && a.rpc === b.rpc &&
    a.script === b.script && a.trace === b.trace && a.depth === b.depth;
}
