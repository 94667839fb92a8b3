/** Connects to a node by the first of its addresses that works. */
import { NodeUnreachable } from "../../errors/mod.ts";
import { Timer } from "../../timers/mod.ts";

/** A way, and the head start that it has before the next. */
export interface WayToTry<T> {
  readonly headStartMs: number;
  try(): Promise<T>;
}

/**
 * Tries ways in their order. The next one begins when one has failed, or the head start of the last is over.
 *
 * @param ways At least one.
 * @param close Ends what a way came to after another.
 * @throws {NodeUnreachable} If all fail: why each did.
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
  return new NodeUnreachable(failures.map(({ message }) => message).join("; "), {
    node: node!,
    cause,
  });
}
