/** Which number stands for which route on one connection. */
import { limits } from "../limits/mod.ts";
import { type Route, routeNumberMax } from "../wire/mod.ts";

/** Gives routes their numbers. */
export class RouteNumbers {
  readonly #numbers = new Map<string, number>();

  /** The number of a route, and whether the node has to be told what it stands for. */
  of(route: Route): { number: number; isNew: boolean } {
    const { service, rpc, argumentTypes, returnTypes, script = "", trace } = route;
    // With its length a name cannot be taken for a part of the one after it.
    const key =
      `${trace ? "trace " : ""}${script} ${service.length} ${service}${rpc.length} ${rpc}` +
      `(${argumentTypes.join()})${returnTypes.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return { number: known, isNew: false };
    if (this.#numbers.size >= Math.min(limits.routesPerConnectionMax, routeNumberMax)) {
      // Start over: a number said again means the new route from there on.
      this.#numbers.clear();
    }
    const number = this.#numbers.size + 1;
    this.#numbers.set(key, number);
    return { number, isNew: true };
  }
}
