/** Connects to a node by the first route that works. */
import { NodeUnreachable } from "../../errors/mod.ts";
import { CutOff } from "./cut_off.ts";
import { Timer } from "../../timers/mod.ts";

/** A route, and its head start before the next. */
export interface WayToTry<T> {
  readonly headStartMs: number;
  try(): Promise<T>;
}

/**
 * Tries routes in order. The next one begins when one has failed, or the head start of the last is over.
 *
 * @param ways At least one.
 * @param close Closes the connection of a route that loses the race.
 * @throws {NodeUnreachable} If all fail, with the reason for each.
 * @throws The first error of another kind, if all fail.
 */
export function firstWay<T>(
  ways: readonly WayToTry<T>[],
  close: (late: T) => void,
): Promise<T> {
  if (ways.length === 1) return ways[0]!.try();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const failures: unknown[] = [];
  const left = ways.values();
  let isTaken = false;
  let timer: Timer | undefined;
  const begin = (): void => {
    timer?.stop();
    const way = isTaken ? undefined : left.next().value;
    if (way === undefined) return;
    timer = new Timer(begin, way.headStartMs);
    way.try().then((found) => {
      if (isTaken) return close(found);
      isTaken = true;
      timer?.stop();
      resolve(found);
    }, (error) => {
      if (failures.push(error) < ways.length) return begin();
      timer?.stop();
      reject(conclusionOf(failures));
    });
  };
  begin();
  return promise;
}

function conclusionOf(failures: readonly unknown[]): unknown {
  const [first] = failures;
  if (!failures.every((each) => each instanceof NodeUnreachable)) {
    return failures.find((each) => !(each instanceof NodeUnreachable));
  }
  const { node, cause } = first as NodeUnreachable;
  const Conclusion = failures.some((each) => each instanceof CutOff) ? CutOff : NodeUnreachable;
  return new Conclusion(failures.map(({ message }) => message).join("; "), { node: node!, cause });
}
