/** Names of tools: `math__add`, within the bounds of models and their programs. Pure, except for the hash. */
import { limits } from "../limits/mod.ts";
import { scriptIdOf } from "../identity/mod.ts";

/** The overload of a name. */
export interface NamedRpc {
  readonly service: string;
  readonly rpc: string;
  readonly args: readonly string[];
  /** Whether its rpc has other overloads, so that the name includes the types. */
  readonly isOverloaded: boolean;
}

const hashLength = 8;

/**
 * The name of a tool: `math__add`, or with overloads `math__add__int_int`. A name that is too long or ambiguous ends
 * with a hash of the rpc and its types, so that it means the same in every list.
 */
export async function toolName(named: NamedRpc): Promise<string> {
  const { service, rpc, args, isOverloaded } = named;
  const parts = [service, rpc, ...(isOverloaded ? [typesText(args)] : [])];
  const name = parts.join("__");
  const isOwn = parts.every(isPlain) && !(isOverloaded && hasParts(args));
  if (isOwn && name.length <= limits.agents.toolNameLengthMax) return name;
  const text = JSON.stringify([service, rpc, ...(isOverloaded ? args : [])]);
  const hash = (await scriptIdOf(Uint8Array.from(new TextEncoder().encode(text)))).slice(
    0,
    hashLength,
  );
  const kept = limits.agents.toolNameLengthMax - hash.length - 1;
  return `${name.replaceAll("$", "_").slice(0, kept)}_${hash}`;
}

/** Whether a part can be told from its neighbours. */
function isPlain(part: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(part) && !part.includes("__") && !part.startsWith("_") &&
    !part.endsWith("_");
}

/** Whether some types have parameters, whose brackets a name loses. */
function hasParts(args: readonly string[]): boolean {
  return args.some((type) => type.includes("["));
}

function typesText(args: readonly string[]): string {
  if (args.length === 0) return "none";
  return args.map((type) => type.split(/[^A-Za-z0-9]+/).filter(Boolean).join("_")).join("_");
}
