/** A service's rpcs as functions of an object. */

/** The result of a call through a service: a promise of its value, which can be iterated directly if it is a stream. */
export type StreamPromise<Value = unknown> = Promise<Value> & AsyncIterable<unknown>;

/** A service's rpcs as functions; the call's options may be bound with `farcall.service(name, options)`. */
export type ServiceProxy = Record<string, (...values: unknown[]) => StreamPromise>;

/**
 * Whether the name leads to an rpc. Awaiting, printing, comparing or converting the object must not make calls, so the
 * names that every object has keep their meaning. `Farcall.call` can call rpcs with such names.
 */
export function leadsToRpc(name: PropertyKey): name is string {
  return typeof name === "string" && !(name in Object.prototype) && name !== "then" &&
    name !== "toJSON";
}

/** An object whose functions `call` the service's rpcs. */
export function serviceProxy(
  service: string,
  call: (rpc: string, values: readonly unknown[]) => Promise<unknown>,
): ServiceProxy {
  const shown = Object.freeze({ [Symbol.toStringTag]: `farcall service ${service}` });
  return new Proxy(shown as unknown as ServiceProxy, {
    get: (target, name) => {
      if (!leadsToRpc(name)) return Reflect.get(target, name);
      return (...values: unknown[]) => iterable(call(name, values));
    },
  });
}

/** Makes the promise of a stream iterable: `for await (const n of math.count(3))`. */
function iterable(promise: Promise<unknown>): StreamPromise {
  return Object.assign(promise, {
    async *[Symbol.asyncIterator]() {
      const value = await promise;
      if (!isAsyncIterable(value)) {
        throw new TypeError("the rpc returns no stream; write await and use its value");
      }
      yield* value;
    },
  });
}

/** Of all values, only a stream is one. */
function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
