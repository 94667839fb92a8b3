/**
 * Checks a script's function against its signature in init.yaml, using only its text: the number of parameters, which
 * of them are optional, and plain types. Anything that the text does not decide passes.
 */
import type { Diagnostic } from "../../errors/mod.ts";
import { parseModule, type SyntaxNode } from "./_syntax.ts";
import { parseTypeExpression } from "../../types/mod.ts";
import { formatPlain, type Plain, plainOf, plainOfDefault } from "./annotation.ts";
import { type Exported, exportedAs, exportedWhole } from "./exported_function.ts";
import { canOverlap, isAssignable, plainOfType } from "./fit.ts";

/** A function to check, and its signature. */
export interface DeclaredFunction {
  /** The path of the script. */
  readonly path: string;
  readonly rpc: string;
  /** Canonical type expressions. */
  readonly args: readonly string[];
  readonly returns: readonly string[];
  /** The signature's position, for messages: `init.yaml:12:9`. */
  readonly declaredAt: string;
}

/** Reads modules. */
export interface ModuleReader {
  /** The text of a module; undefined if unreadable. */
  textOf(path: string): Promise<string | undefined>;
  /** The path of an imported module; undefined if it is not a project file. */
  importedBy(path: string, specifier: string): string | undefined;
  /** The file's name for messages. */
  shown(path: string): string;
}

/** Mismatches between a function and its signature. */
export interface Misfits {
  readonly mistakes: readonly Diagnostic[];
  /** Warnings: code that works but is probably a mistake. */
  readonly warnings: readonly Diagnostic[];
}

/** The location of a function. */
export type FunctionPosition = Pick<Diagnostic, "file" | "line" | "column" | "sourceLine">;

/** The longest chain of re-exports that is followed. */
const hopsMax = 16;

/** Checks functions, parsing each module once. */
export class FunctionChecker {
  readonly #reader: ModuleReader;
  readonly #modules = new Map<string, Promise<Module | undefined>>();

  constructor(reader: ModuleReader) {
    this.#reader = reader;
  }

  /** Checks a function against its signature. Passes if the function cannot be found. */
  async check(declared: DeclaredFunction): Promise<Misfits> {
    const found = await this.#functionOf(declared);
    if (found === undefined) return nothing;
    const all = found.signatures.map((node) => misfitsOf(node, declared, found.module));
    return all.reduce((best, each) => each.mistakes.length < best.mistakes.length ? each : best);
  }

  /** Locates the function; undefined if it cannot be found. */
  async positionOf(
    declared: Pick<DeclaredFunction, "path" | "rpc">,
  ): Promise<FunctionPosition | undefined> {
    const found = await this.#functionOf(declared);
    return found && positionIn(found.module, found.signatures[0]!);
  }

  async #functionOf({ path, rpc }: Pick<DeclaredFunction, "path" | "rpc">) {
    return await this.#find(path, rpc) ?? await this.#find(path, "default");
  }

  async #find(
    path: string,
    name: string,
    hopsLeft = hopsMax,
  ): Promise<{ module: Module; signatures: readonly SyntaxNode[] } | undefined> {
    const module = await this.#module(path);
    if (module === undefined || hopsLeft === 0) return undefined;
    const exported: Exported | undefined = exportedAs(name, module.body);
    if (exported?.kind === "function") return { module, signatures: exported.signatures };
    if (exported?.kind === "unknown") return undefined;
    const next = exported === undefined
      ? name === "default"
        ? []
        : exportedWhole(module.body).map((specifier) => ({ specifier, name }))
      : [exported];
    for (const { specifier, name } of next) {
      const imported = this.#reader.importedBy(path, specifier);
      const found = imported && await this.#find(imported, name, hopsLeft - 1);
      if (found) return found;
    }
    return undefined;
  }

  #module(path: string): Promise<Module | undefined> {
    let module = this.#modules.get(path);
    if (module === undefined) {
      module = this.#parse(path);
      this.#modules.set(path, module);
    }
    return module;
  }

  async #parse(path: string): Promise<Module | undefined> {
    const text = await this.#reader.textOf(path);
    if (text === undefined) return undefined;
    try {
      const isTypeScript = /\.[mc]?ts$/.test(path);
      return { file: this.#reader.shown(path), text, body: parseModule(text, { isTypeScript }) };
    } catch {
      // The bundler knows the language better: it decides on syntax errors.
      return undefined;
    }
  }
}

interface Module {
  /** For messages. */
  readonly file: string;
  readonly text: string;
  readonly body: readonly SyntaxNode[];
}

const nothing: Misfits = { mistakes: [], warnings: [] };

function misfitsOf(node: SyntaxNode, declared: DeclaredFunction, module: Module): Misfits {
  const mistakes: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const { args, rpc, declaredAt } = declared;
  const blame = (at: SyntaxNode, message: string, hint: string) =>
    mistakes.push(diagnostic(module, at, { message, hint }));
  const parameters = (node.params as readonly SyntaxNode[])
    .filter((each) => !(each.type === "Identifier" && each.name === "this"))
    .map((each) => parameterOf(each, module));
  const given = args.length === 1 ? "1 argument" : `${args.length} arguments`;
  for (const parameter of parameters.slice(args.length)) {
    if (parameter.isOptional) continue;
    blame(
      parameter.node,
      `parameter "${parameter.name}" of ${rpc} gets no argument: ${declaredAt} gives ${given}`,
      "add its type to args, or give it a default value",
    );
  }
  const rest = parameters.find(({ isRest }) => isRest);
  const isSeen = rest !== undefined || readsArguments(node, module);
  if (parameters.length < args.length && !isSeen) {
    const left = args.length - parameters.length;
    warnings.push(diagnostic(module, node, {
      message: `${rpc} takes ${parameters.length} of the ${given} that ${declaredAt} gives: ` +
        (left === 1 ? "the last one is never seen" : `the last ${left} are never seen`),
      hint: "add parameters, or remove their types from args",
    }));
  }
  args.forEach((text, index) => {
    const parameter = parameters[index] ?? rest;
    if (parameter === undefined) return;
    const type = plainOfType(parseTypeExpression(text));
    const allowed = parameter.isRest ? itemOf(parameter.type) : parameter.type;
    if (isAssignable(type, allowed)) return;
    blame(
      parameter.node,
      `parameter "${parameter.name}" of ${rpc} is ${
        formatPlain(allowed)
      }, and ${declaredAt} gives it ${text}`,
      hintFor(parameter, { type, allowed }),
    );
  });
  checkResult(node, declared, blame);
  return { mistakes, warnings };
}

function checkResult(
  node: SyntaxNode,
  { rpc, returns, declaredAt }: DeclaredFunction,
  blame: (at: SyntaxNode, message: string, hint: string) => void,
): void {
  if (returns.length === 0) return;
  const types = returns.map((text) => plainOfType(parseTypeExpression(text)));
  const wanted: Plain = types.length === 1 ? types[0]! : { kind: "tuple", items: types };
  const said = returns.join(", ");
  if (node.generator === true && wanted.kind !== "stream") {
    blame(
      node,
      `${rpc} is a generator, but ${declaredAt} declares that it returns ${said}`,
      "write Stream[…]",
    );
    return;
  }
  const annotation = node.returnType as SyntaxNode | null | undefined;
  if (!annotation) return;
  const result = plainOf(unpromised(annotation));
  if (canOverlap(result, wanted)) return;
  blame(
    annotation,
    `${rpc} returns ${formatPlain(result)}, but ${declaredAt} declares that it returns ${said}`,
    `return ${formatPlain(wanted)}, or change returns`,
  );
}

/** Unwraps a promise's type. */
function unpromised(annotation: SyntaxNode): SyntaxNode | undefined {
  const type = annotation.typeAnnotation as SyntaxNode;
  const name = (type.typeName as SyntaxNode | undefined)?.name;
  if (type.type !== "TSTypeReference" || name !== "Promise" && name !== "PromiseLike") return type;
  const parts = (type.typeArguments ?? type.typeParameters) as { params?: SyntaxNode[] } | null;
  return parts?.params?.[0];
}

interface Parameter {
  readonly node: SyntaxNode;
  readonly name: string;
  /** Its type, as far as declared. */
  readonly type: Plain;
  /** Whether it is optional. */
  readonly isOptional: boolean;
  readonly isRest: boolean;
  /** Whether it has a default, which replaces a missing argument but not null. */
  readonly hasDefault: boolean;
}

function parameterOf(node: SyntaxNode, { text }: Module): Parameter {
  const hasDefault = node.type === "AssignmentPattern";
  const isRest = node.type === "RestElement";
  const target = hasDefault ? node.left as SyntaxNode : node;
  const annotation = target.typeAnnotation as SyntaxNode | undefined;
  const named = isRest ? node.argument as SyntaxNode : target;
  const type = annotation || !hasDefault
    ? plainOf(annotation)
    : plainOfDefault(node.right as SyntaxNode);
  const pattern = text.slice(named.start, annotation?.start ?? named.end).replace(/\?$/, "");
  return {
    node,
    name: typeof named.name === "string" ? named.name : pattern,
    type,
    isOptional: hasDefault || isRest || target.optional === true,
    isRest,
    hasDefault,
  };
}

function itemOf(list: Plain): Plain {
  return list.kind === "array" ? list.item : { kind: "any" };
}

function hintFor(
  { name, hasDefault, isOptional }: Parameter,
  { type, allowed }: { readonly type: Plain; readonly allowed: Plain },
): string {
  const isOnlyNull = type.kind === "union" &&
    type.members.every((each) => each.kind === "null" || isAssignable(each, allowed));
  const write = `write ${name}: ${formatPlain(type)}`;
  if (isOnlyNull && (hasDefault || isOptional)) {
    return `a missing argument arrives as null, which a default does not replace: ${write}`;
  }
  if (allowed.kind === "bigint") {
    return `an int is a number, and a bigint beyond 2^53: write ${name}: number | bigint`;
  }
  return `${write}, or change args`;
}

/** Whether a function may read arguments without named parameters. */
function readsArguments(node: SyntaxNode, { text }: Module): boolean {
  return node.type !== "ArrowFunctionExpression" &&
    text.slice(node.start, node.end).includes("arguments");
}

/** The longest source line that is shown. */
const lineShownMax = 500;

function diagnostic(
  module: Module,
  node: SyntaxNode,
  said: { readonly message: string; readonly hint: string },
): Diagnostic {
  return { ...positionIn(module, node), ...said };
}

function positionIn({ file, text }: Module, { start }: SyntaxNode): FunctionPosition {
  const before = text.slice(0, start);
  const lineStart = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", start);
  const sourceLine = text.slice(lineStart, end < 0 ? text.length : end);
  return {
    file,
    line: before.split("\n").length,
    column: [...text.slice(lineStart, start)].length + 1,
    ...(sourceLine.length <= lineShownMax && { sourceLine }),
  };
}
