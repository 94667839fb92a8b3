/** Headers for scripts, backed by the runtime, whose objects stay private. */
import { answeredSync } from "./errors.ts";

const RuntimeHeaders = globalThis.Headers;

/** The runtime's headers for a new facade; no script has one. */
class Existing {
  readonly headers: globalThis.Headers;

  constructor(headers: globalThis.Headers) {
    this.headers = headers;
  }
}

function* each<Item>(items: Iterable<Item>): Generator<Item, undefined> {
  for (const item of items) yield item;
  return undefined;
}

/** Names and values. */
export class Headers {
  readonly #headers: globalThis.Headers;

  constructor(init?: unknown) {
    this.#headers = init instanceof Existing
      ? init.headers
      : answeredSync(() => new RuntimeHeaders(headerPairs(init)));
  }

  append(name: unknown, value: unknown): void {
    answeredSync(() => this.#headers.append(String(name), String(value)));
  }

  delete(name: unknown): void {
    answeredSync(() => this.#headers.delete(String(name)));
  }

  get(name: unknown): string | null {
    return answeredSync(() => this.#headers.get(String(name)));
  }

  getSetCookie(): string[] {
    return this.#headers.getSetCookie();
  }

  has(name: unknown): boolean {
    return answeredSync(() => this.#headers.has(String(name)));
  }

  set(name: unknown, value: unknown): void {
    answeredSync(() => this.#headers.set(String(name), String(value)));
  }

  forEach(callback: (value: string, name: string, headers: this) => void, thisArg?: unknown): void {
    for (const [name, value] of this.#headers) {
      Reflect.apply(callback, thisArg, [value, name, this]);
    }
  }

  entries(): Generator<[string, string], undefined> {
    return each(this.#headers.entries());
  }

  keys(): Generator<string, undefined> {
    return each(this.#headers.keys());
  }

  values(): Generator<string, undefined> {
    return each(this.#headers.values());
  }

  [Symbol.iterator](): Generator<[string, string], undefined> {
    return each(this.#headers.entries());
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

/** The initial entries of headers, read once. */
export function headerPairs(init: unknown): [string, string][] {
  if (init === undefined || init === null) return [];
  if (typeof init !== "object") throw new TypeError("headers are names and values");
  const pairs = Symbol.iterator in init ? [...init as Iterable<unknown>] : Object.entries(init);
  return pairs.map((pair) => {
    const [name, value, ...others] = [...pair as Iterable<unknown>].map(String);
    if (name === undefined || value === undefined || others.length > 0) {
      throw new TypeError("a header is a name and a value");
    }
    return [name, value];
  });
}

/** Runtime headers, wrapped for scripts. */
export function shownHeaders(headers: globalThis.Headers): Headers {
  return new Headers(new Existing(headers));
}
