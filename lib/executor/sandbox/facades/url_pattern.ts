/** URLPattern for scripts, backed by the runtime, which loads it on demand. */
import { needStack, runtimeGlobal } from "./stack_room.ts";
import { URL } from "./url.ts";

const RuntimePattern = runtimeGlobal<typeof globalThis.URLPattern>("URLPattern");

type PatternPart = { input: string; groups: Record<string, string | undefined> };

/** Matches URLs. */
export class URLPattern {
  readonly #pattern: globalThis.URLPattern;

  constructor(input: unknown = {}, baseOrOptions?: unknown, options?: unknown) {
    const args = [input, baseOrOptions, options].map(patternInput);
    while (args.length > 1 && args.at(-1) === undefined) args.pop();
    needStack();
    this.#pattern = Reflect.construct(RuntimePattern.value, args);
  }

  test(input: unknown = {}, base?: unknown): boolean {
    const args = [input, base].map(patternInput);
    needStack();
    return this.#pattern.test(args[0] as string, args[1] as string | undefined);
  }

  exec(input: unknown = {}, base?: unknown): Record<string, unknown> | null {
    const args = [input, base].map(patternInput);
    needStack();
    const found = this.#pattern.exec(args[0] as string, args[1] as string | undefined);
    if (found === null) return null;
    const result: Record<string, unknown> = {
      inputs: args.filter((each) => each !== undefined),
    };
    for (const part of patternParts) {
      const { input, groups } = (found as unknown as Record<string, PatternPart>)[part]!;
      result[part] = { input, groups: { ...groups } };
    }
    return result;
  }

  get hasRegExpGroups(): boolean {
    return this.#pattern.hasRegExpGroups;
  }

  get protocol(): string {
    return this.#pattern.protocol;
  }

  get username(): string {
    return this.#pattern.username;
  }

  get password(): string {
    return this.#pattern.password;
  }

  get hostname(): string {
    return this.#pattern.hostname;
  }

  get port(): string {
    return this.#pattern.port;
  }

  get pathname(): string {
    return this.#pattern.pathname;
  }

  get search(): string {
    return this.#pattern.search;
  }

  get hash(): string {
    return this.#pattern.hash;
  }

  get [Symbol.toStringTag](): string {
    return "URLPattern";
  }
}

const patternParts = [
  ...["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"],
] as const;

function patternInput(given: unknown): unknown {
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null || given instanceof URL) return String(given);
  const copy: Record<string, unknown> = {};
  for (const part of [...patternParts, "baseURL"]) {
    const value = (given as Record<string, unknown>)[part];
    if (value !== undefined) copy[part] = String(value);
  }
  const { ignoreCase } = given as { ignoreCase?: unknown };
  if (ignoreCase !== undefined) copy.ignoreCase = Boolean(ignoreCase);
  return copy;
}
