/** Generates TypeScript that asserts the type of each script's function. Pure. */
import type { GrantedCalls } from "../../manifest/mod.ts";
import { parameterName } from "../../client/types_text.ts";
import { parseTypeExpression, type TypeExpression } from "../../types/mod.ts";

/** A script's function, and its signature in init.yaml. */
export interface ScriptFunction {
  readonly service: string;
  readonly rpc: string;
  /** Canonical type expressions. */
  readonly args: readonly string[];
  readonly names?: readonly string[];
  readonly returns: readonly string[];
  /** The signature's place, for messages: `init.yaml:12:9`. */
  readonly place: string;
  /** The script, from the folder of init.yaml. */
  readonly path: string;
  /** The name of its export: the rpc's, or `default`. */
  readonly exportedAs: string;
}

/** A module of types, and its assertions by line. */
export interface ScriptTypes {
  readonly text: string;
  /** By lines, 1-based. */
  readonly assertions: ReadonlyMap<number, ScriptFunction>;
}

const head = `// Made by "farcall types --scripts". Do not edit: change init.yaml and make it again.
// deno-fmt-ignore-file
// deno-lint-ignore-file
`;

const comments = [
  "/**",
  " * The type that each script's function must have. This file asserts it for every script; a script can assert it itself:",
  ' * `export const add = ((a, b) => a + b) satisfies Scripts["math.add(int, int)"];`',
  " *",
  " * An int comes as a number; only beyond 2^53, where a number would not be exact, as a bigint, which these types",
  " * leave out. It may be returned as either.",
  " */",
];

/**
 * Generates the types, with an assertion for each function of a TypeScript script.
 *
 * @param specifierOf Returns the specifier by which the module imports a script.
 * @param calls The rpcs of other services that each service's scripts may call.
 */
export function formatScriptTypes(
  functions: readonly ScriptFunction[],
  specifierOf: (path: string) => string,
  { calls = new Map() }: { calls?: ReadonlyMap<string, readonly GrantedCalls[]> } = {},
): ScriptTypes {
  const paths = [...new Set(functions.map(({ path }) => path))].filter(isTypeScript);
  const imports = paths.map((path, index) =>
    `import * as script${index + 1} from ${JSON.stringify(specifierOf(path))};`
  );
  const members = functions.flatMap((each) => [
    `  /** ${each.place.replaceAll("*/", "*\\/")}: ${each.path.replaceAll("*/", "*\\/")} */`,
    `  ${JSON.stringify(keyOf(each))}: ${typeOfFunction(each)};`,
  ]);
  const before = [
    ...head.split("\n"),
    ...imports,
    "",
    ...comments,
    "export interface Scripts {",
    ...members,
    "}",
    "",
    ...thisOfScripts(functions, calls),
    "type Returned<T> = T | Promise<T>;",
    "",
  ];
  const asserted = functions.filter(({ path }) => isTypeScript(path));
  const lines = asserted.map((each) => {
    const script = `script${paths.indexOf(each.path) + 1}`;
    return `${script}.${each.exportedAs} satisfies Scripts[${JSON.stringify(keyOf(each))}];`;
  });
  return {
    text: [...before, ...lines].join("\n").trimEnd() + "\n",
    assertions: new Map(asserted.map((each, index) => [before.length + index + 1, each])),
  };
}

/** `math.add(int, int)`. */
export function keyOf({ service, rpc, args }: ScriptFunction): string {
  return `${service}.${rpc}(${args.join(", ")})`;
}

/** The type of `this.farcall`; empty if no script may call other services. */
function thisOfScripts(
  functions: readonly ScriptFunction[],
  calls: ReadonlyMap<string, readonly GrantedCalls[]>,
): string[] {
  const members = [...calls].flatMap(([caller, granted]) => [
    `  ${JSON.stringify(caller)}: { readonly farcall: {`,
    ...granted.flatMap(({ service, rpcs }) => [
      `    service(name: ${JSON.stringify(service)}): {`,
      ...functions
        .filter((each) => each.service === service && rpcs.includes(each.rpc))
        .map((each) => `      ${JSON.stringify(each.rpc)}${signatureOfCall(each)};`),
      "    };",
    ]),
    "  } };",
  ]);
  if (members.length === 0) return [];
  return [
    '/** `this` of scripts that may call other services, by their service: `function f(this: This["shop"])`. */',
    "export interface This {",
    ...members,
    "}",
    "",
  ];
}

/**
 * A remote function's type in scripts: its parameters take what scripts may return, its result is what scripts receive.
 */
function signatureOfCall({ args, names, returns }: ScriptFunction): string {
  const parameters = args.map((text, index) =>
    `${parameterOf(index, { args, names })}: ${taken(parseTypeExpression(text))}`
  );
  const results = returns.map((text) => given(parseTypeExpression(text)));
  const result = results.length === 0
    ? "void"
    : results.length === 1
    ? results[0]
    : `[${results.join(", ")}]`;
  return `(${parameters.join(", ")}): Promise<${result}>`;
}

function parameterOf(
  index: number,
  { args, names }: Pick<ScriptFunction, "args" | "names">,
): string {
  return parameterName(names?.[index]) ?? (args.length === 1 ? "value" : `value${index + 1}`);
}

function isTypeScript(path: string): boolean {
  return /\.m?ts$/.test(path);
}

function typeOfFunction({ args, names, returns }: ScriptFunction): string {
  const parameters = args.map((text, index) => {
    return `${parameterOf(index, { args, names })}: ${given(parseTypeExpression(text))}`;
  });
  const results = returns.map((text) => taken(parseTypeExpression(text)));
  const result = results.length === 0
    ? "unknown"
    : `Returned<${results.length === 1 ? results[0] : `readonly [${results.join(", ")}]`}>`;
  return `(${parameters.join(", ")}) => ${result}`;
}

/** The type of a value that a script receives. */
function given(type: TypeExpression): string {
  switch (type.kind) {
    case "List":
      return `${inParentheses(given(type.item))}[]`;
    case "Dict":
      return `{ [key: string]: ${given(type.value)} }`;
    case "Tuple":
      return `[${type.items.map(given).join(", ")}]`;
    case "Optional":
      return `${given(type.item)} | null`;
    case "Stream":
      return `AsyncIterable<${given(type.item)}>`;
    default:
      return scalars[type.kind];
  }
}

/** The type of a value that a script may return. */
function taken(type: TypeExpression): string {
  switch (type.kind) {
    case "int":
      return "number | bigint";
    case "None":
      return "null | undefined | void";
    case "List":
      return `readonly ${inParentheses(taken(type.item))}[]`;
    case "Dict":
      return `{ readonly [key: string]: ${taken(type.value)} }`;
    case "Tuple":
      return `readonly [${type.items.map(taken).join(", ")}]`;
    case "Optional":
      return `${taken(type.item)} | null | undefined`;
    case "Stream": {
      const item = taken(type.item);
      return `AsyncIterable<${item}> | Iterable<${item}>`;
    }
    default:
      return scalars[type.kind];
  }
}

const scalars = {
  int: "number",
  int53: "number",
  float: "number",
  str: "string",
  bool: "boolean",
  bytes: "Uint8Array",
  None: "null",
} as const;

function inParentheses(type: string): string {
  return type.includes(" ") ? `(${type})` : type;
}
