/** TypeScript types of services, as the text of a module. Pure. */
import type { DescribedOverload, DescribedService } from "../protocol/mod.ts";
import { parseTypeExpression, requiredCount, type TypeExpression } from "../types/mod.ts";
import { leadsToRpc } from "./service_proxy.ts";

const head = `// Made by "farcall types". Do not edit: change init.yaml and make it again.
// deno-fmt-ignore-file
// deno-lint-ignore-file

`;

const servicesComment = [
  "What may be called: `connect<Services>(…)`, then `.service(name).rpc(…)`.",
  "",
  "An int goes as a number or a bigint. It comes back as a number; only beyond 2^53, where a number would",
  "not be exact, as a bigint, which these types leave out. An int53 is a number both ways.",
];

/**
 * The types of services: one interface `Services`, each rpc a method with its overloads and descriptions as comments.
 * Leaves out rpcs that no such method can call. The same services give the same text.
 *
 * @returns A module without imports, fit for a `.ts` or a `.d.ts` file.
 */
export function formatTypes(services: readonly DescribedService[]): string {
  const lines = [...comment(servicesComment, ""), "export interface Services {"];
  for (const { name, description, overloads } of services) {
    lines.push(...comment(linesOf(description), "  "), `  ${nameOf(name)}: {`);
    for (const overload of overloads) {
      if (leadsToRpc(overload.rpc)) lines.push(...linesOfOverload(overload));
    }
    lines.push("  };");
  }
  return head + [...lines, "}"].join("\n") + "\n";
}

function linesOfOverload(overload: DescribedOverload): string[] {
  const { rpc, description, args, names, returns } = overload;
  const least = requiredCount({ args });
  const parameters = args.map((type, index) => {
    const name = parameterName(names?.[index]) ??
      (args.length === 1 ? "value" : `value${index + 1}`);
    const mark = index < least ? "" : "?";
    return `${name}${mark}: ${typeOf(parseTypeExpression(type), "argument")}`;
  });
  const results = returns.map((type) => typeOf(parseTypeExpression(type), "result"));
  const result = results.length === 0
    ? "void"
    : results.length === 1
    ? results[0]
    : `[${results.join(", ")}]`;
  const promise = `Promise<${result}>${isStream(returns) ? ` & ${result}` : ""}`;
  const method = `    ${nameOf(rpc)}(${parameters.join(", ")}): ${promise};`;
  return [...comment(linesOf(description), "    "), method];
}

/** An argument, which the caller keeps (readonly), or a result, which it may change. */
function typeOf(type: TypeExpression, use: "argument" | "result"): string {
  const isArgument = use === "argument";
  switch (type.kind) {
    case "int":
      return isArgument ? "number | bigint" : "number";
    case "int53":
    case "float":
      return "number";
    case "str":
      return "string";
    case "bool":
      return "boolean";
    case "bytes":
      return "Uint8Array";
    case "None":
      return "null";
    case "List": {
      const item = typeOf(type.item, use);
      const wrapped = item.includes(" ") ? `(${item})` : item;
      return isArgument ? `readonly ${wrapped}[]` : `${wrapped}[]`;
    }
    case "Dict":
      return `{ ${isArgument ? "readonly " : ""}[key: string]: ${typeOf(type.value, use)} }`;
    case "Tuple": {
      const items = type.items.map((item) => typeOf(item, use)).join(", ");
      return `${isArgument ? "readonly " : ""}[${items}]`;
    }
    case "Optional":
      return `${typeOf(type.item, use)} | null`;
    case "Stream": {
      const item = typeOf(type.item, use);
      return isArgument ? `AsyncIterable<${item}> | Iterable<${item}>` : `AsyncIterable<${item}>`;
    }
  }
}

/** A stream can be iterated without awaiting it first. */
function isStream(returns: readonly string[]): boolean {
  return returns.length === 1 && parseTypeExpression(returns[0]!).kind === "Stream";
}

/** The argument's name, if it can be a parameter's. */
export function parameterName(name: string | undefined): string | undefined {
  if (name === undefined || !/^[a-z_$][\w$]*$/i.test(name)) return undefined;
  return reservedWords.has(name) ? `${name}_` : name;
}

/** Words that cannot be the name of a parameter in a module. */
const reservedWords = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export " +
    "extends false finally for function if implements import in instanceof interface let new null package " +
    "private protected public return static super switch this throw true try typeof var void while with yield")
    .split(" "),
);

function nameOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function linesOf(description: string | undefined): string[] {
  if (description === undefined) return [];
  return description.trim().split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function comment(lines: readonly string[], indent: string): string[] {
  const safe = lines.map((line) => line.replaceAll("*/", "*\\/"));
  if (safe.length <= 1) return safe.map((line) => `${indent}/** ${line} */`);
  return [
    `${indent}/**`,
    ...safe.map((line) => `${indent} * ${line}`.trimEnd()),
    `${indent} */`,
  ];
}
