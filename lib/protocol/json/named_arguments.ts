/** Arguments of JSON-RPC and HTTP: a list by position, or an object by name. */
import { InvalidArguments, MalformedMessage } from "../../errors/mod.ts";
import {
  checkJson,
  decodeJsonText,
  describeValue,
  parseJson,
  quoteBriefly,
} from "../../encoding/mod.ts";
import {
  chooseOverload,
  type ChosenOverload,
  type CompiledSignature,
  formatSignature,
} from "../../types/mod.ts";

/** Native JSON, as `parseJson` returns it: a list by position, or an object by name. */
export type JsonArguments = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * Parses arguments that form a whole message.
 *
 * @throws {MalformedMessage} If they are not JSON, or neither a list nor an object.
 */
export function parseJsonArguments(bytes: Uint8Array): JsonArguments {
  const text = decodeJsonText(bytes);
  checkJson(text);
  const value = parseJson(text);
  if (typeof value === "object" && value !== null) return value as JsonArguments;
  throw new MalformedMessage(
    `arguments are a JSON list, or an object by their names, got ${describeValue(value)}`,
  );
}

/** An overload that may have argument names, one per type. */
export interface NamedOverload {
  readonly signature: CompiledSignature;
  readonly names?: readonly string[];
}

/**
 * Resolves the overload that a call in native JSON means. By name, it is one that has all of these names; an `Optional`
 * argument may be left out, which means null.
 *
 * @throws {InvalidArguments} If none fits, or several fit equally well.
 */
export function chooseByJson<T extends NamedOverload>(
  rpc: string,
  overloads: readonly T[],
  given: JsonArguments,
): ChosenOverload<T> {
  if (isList(given)) return chooseOverload(rpc, overloads, { values: given, form: "json" });
  const groups = byNames(overloads).filter(({ names, overloads }) =>
    Object.keys(given).every((name) => names.includes(name)) &&
    overloads.some(({ signature }) =>
      names.every((name, index) =>
        Object.hasOwn(given, name) || signature.args[index]!.startsWith("Optional[")
      )
    )
  );
  let refusal: unknown;
  // Fewer names first: they leave fewer arguments out.
  for (const { names, overloads } of groups.sort((a, b) => a.names.length - b.names.length)) {
    const values = names.map((name) => Object.hasOwn(given, name) ? given[name] : null);
    try {
      return chooseOverload(rpc, overloads, { values, form: "json" });
    } catch (error) {
      if (!(error instanceof InvalidArguments)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? noSuchNames(rpc, overloads, given);
}

function isList(given: JsonArguments): given is readonly unknown[] {
  return Array.isArray(given);
}

/** Groups the overloads that have names by their names. */
function byNames<T extends NamedOverload>(
  overloads: readonly T[],
): { readonly names: readonly string[]; readonly overloads: readonly T[] }[] {
  const groups = new Map<string, { names: readonly string[]; overloads: T[] }>();
  for (const overload of overloads) {
    const names = namesOf(overload);
    if (names === undefined) continue;
    const key = JSON.stringify(names);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names, overloads: [overload] });
    else group.overloads.push(overload);
  }
  return [...groups.values()];
}

/** Without arguments, no names are needed. */
function namesOf({ names, signature }: NamedOverload): readonly string[] | undefined {
  return names ?? (signature.args.length === 0 ? [] : undefined);
}

const shownNamesMax = 16;

function noSuchNames(
  rpc: string,
  overloads: readonly NamedOverload[],
  given: Readonly<Record<string, unknown>>,
): InvalidArguments {
  const valid = overloads.map(({ signature, names }) =>
    formatSignature(rpc, { ...signature, names })
  );
  const list = `valid ${valid.length === 1 ? "signature" : "signatures"}: ${valid.join("; ")}`;
  if (overloads.every((overload) => namesOf(overload) === undefined)) {
    return new InvalidArguments(
      `the arguments of "${rpc}" have no names (init.yaml gives none): send them as a list; ${list}`,
    );
  }
  const names = Object.keys(given);
  const shown = names.slice(0, shownNamesMax).map(quoteBriefly);
  if (names.length > shown.length) shown.push(`… ${names.length} in all`);
  return new InvalidArguments(
    `no overload of "${rpc}" takes arguments of the names (${shown.join(", ")}); ${list}`,
  );
}
