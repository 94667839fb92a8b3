/** Arguments by name, as agents give them, in the order of a signature. Pure. */
import { describeValue, quoteBriefly } from "../encoding/mod.ts";
import { InvalidArguments } from "../errors/mod.ts";
import { formatSignature } from "../types/mod.ts";
import type { Tool } from "./tool.ts";

/**
 * The values of a call, in native JSON; an Optional one that is left out is null.
 *
 * @throws {InvalidArguments} If one is missing or unknown.
 */
export function valuesOf(tool: Tool, given: Readonly<Record<string, unknown>>): unknown[] {
  const { argumentNames, signature } = tool;
  const unknown = Object.keys(given).find((name) => !argumentNames.includes(name));
  if (unknown !== undefined) throw refusal(tool, `there is no argument ${quoteBriefly(unknown)}`);
  return argumentNames.map((name, index) => {
    const isGiven = Object.hasOwn(given, name);
    if (!isGiven && !signature.args[index]!.startsWith("Optional[")) {
      throw refusal(tool, `the argument "${name}" is missing`);
    }
    const value = isGiven ? given[name] : null;
    const type = signature.argumentCodecs[index]!.type;
    if (type.kind === "int" && typeof value === "number" && Math.abs(value) > largest) {
      // Larger numbers were rounded before they arrived.
      const what = `"${name}" is ${describeValue(value)}, which JSON rounds beyond 2^53`;
      throw refusal(tool, `${what}: write its digits as a text, "9007199254740993"`);
    }
    return value;
  });
}

const largest = Number.MAX_SAFE_INTEGER;

function refusal(
  { service, rpc, signature, argumentNames }: Tool,
  why: string,
): InvalidArguments {
  const shown = formatSignature(`${service}.${rpc}`, { ...signature, names: argumentNames });
  return new InvalidArguments(`${why}; the signature is ${shown}`);
}
