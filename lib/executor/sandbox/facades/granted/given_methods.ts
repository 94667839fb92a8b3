/** Methods of objects that scripts pass to streams: what they throw returns to the script unchanged. */
import { givenReason } from "./errors.ts";

type Method = (...args: unknown[]) => unknown;

/** A method of a script's object, bound to it; undefined if it has none. */
export function methodOf(given: object, name: string): Method | undefined {
  const method = (given as Record<string, unknown>)[name];
  if (method === undefined) return undefined;
  if (typeof method !== "function") throw new TypeError(`${name} is no function`);
  return (...args) => {
    try {
      const returned = Reflect.apply(method, given, args);
      return returned instanceof Promise ? givenOutcome(returned) : returned;
    } catch (thrown) {
      throw givenReason(thrown);
    }
  };
}

async function givenOutcome(returned: Promise<unknown>): Promise<unknown> {
  try {
    return await returned;
  } catch (reason) {
    throw givenReason(reason);
  }
}

/** The queuing strategy, converted for the runtime. */
export function strategyOf(given: unknown): QueuingStrategy<unknown> {
  const { highWaterMark } = Object(given) as { highWaterMark?: unknown };
  const size = methodOf(Object(given), "size");
  return {
    ...highWaterMark === undefined ? {} : { highWaterMark: Number(highWaterMark) },
    ...size === undefined ? {} : { size: (chunk: unknown) => Number(size(chunk)) },
  };
}
