/** Finds the function that a module exports by a name, through aliases and re-exports, as far as that is plain. Pure. */
import type { SyntaxNode } from "./_syntax.ts";

/** What a module has by a name. */
export type Exported =
  /** The function; of one with overloads, what callers see. */
  | { readonly kind: "function"; readonly signatures: readonly SyntaxNode[] }
  /** It comes from another module, by another name there. */
  | { readonly kind: "elsewhere"; readonly specifier: string; readonly name: string }
  /** Something of which the text does not say what it is: a call, say, that gives a function. */
  | { readonly kind: "unknown"; readonly node: SyntaxNode };

/** What a module exports by a name; undefined where that is nothing, or it comes with everything of another module. */
export function exportedAs(name: string, body: readonly SyntaxNode[]): Exported | undefined {
  const declared: SyntaxNode[] = [];
  for (const statement of body) {
    const { type, declaration, specifiers, source, exported } = statement as Statement;
    if (type === "ExportDefaultDeclaration" && name === "default" && declaration) {
      if (isFunction(declaration)) declared.push(declaration);
      else if (declaration.type === "Identifier") return declaredAs(nameOf(declaration), body);
      else return functionOf(declaration);
    } else if (type === "ExportNamedDeclaration" && declaration) {
      const found = inDeclaration(name, declaration);
      if (found?.kind === "function") declared.push(...found.signatures);
      else if (found !== undefined) return found;
    } else if (type === "ExportNamedDeclaration") {
      const found = specifiers?.find((each) => nameOf(each.exported) === name);
      if (found === undefined) continue;
      const local = nameOf(found.local);
      return source
        ? { kind: "elsewhere", specifier: String(source.value), name: local }
        : declaredAs(local, body);
    } else if (type === "ExportAllDeclaration" && exported && nameOf(exported) === name) {
      return undefined;
    }
  }
  return declared.length === 0 ? undefined : { kind: "function", signatures: visible(declared) };
}

/** The modules of which a module exports everything. */
export function exportedWhole(body: readonly SyntaxNode[]): string[] {
  return body.flatMap((statement) => {
    const { type, source, exported } = statement as Statement;
    return type === "ExportAllDeclaration" && !exported && source ? [String(source.value)] : [];
  });
}

interface Statement extends SyntaxNode {
  readonly declaration?: SyntaxNode | null;
  readonly specifiers?: readonly Specifier[];
  readonly source?: (SyntaxNode & { readonly value: unknown }) | null;
  readonly exported?: SyntaxNode | null;
}

interface Specifier extends SyntaxNode {
  readonly local: SyntaxNode;
  readonly exported: SyntaxNode;
  readonly imported?: SyntaxNode;
}

/** What a name stands for in a module. */
function declaredAs(name: string, body: readonly SyntaxNode[]): Exported | undefined {
  const declared: SyntaxNode[] = [];
  for (const statement of body) {
    const { type, declaration, specifiers, source } = statement as Statement;
    if (type === "ImportDeclaration") {
      const found = specifiers?.find((each) => nameOf(each.local) === name);
      if (found === undefined || found.type === "ImportNamespaceSpecifier") continue;
      const imported = found.type === "ImportDefaultSpecifier"
        ? "default"
        : nameOf(found.imported!);
      return { kind: "elsewhere", specifier: String(source!.value), name: imported };
    }
    const found = inDeclaration(name, declaration ?? statement);
    if (found?.kind === "function") declared.push(...found.signatures);
    else if (found !== undefined) return found;
  }
  return declared.length === 0 ? undefined : { kind: "function", signatures: visible(declared) };
}

function inDeclaration(name: string, declaration: SyntaxNode): Exported | undefined {
  if (isFunction(declaration)) {
    const isIt = nameOf(declaration.id as SyntaxNode | null) === name;
    return isIt ? { kind: "function", signatures: [declaration] } : undefined;
  }
  if (declaration.type !== "VariableDeclaration") return undefined;
  for (const each of declaration.declarations as readonly SyntaxNode[]) {
    const id = each.id as SyntaxNode;
    if (nameOf(id) !== name) continue;
    // A type of its own may say other than the function does.
    if (id.typeAnnotation || !each.init) return { kind: "unknown", node: id };
    return functionOf(each.init as SyntaxNode);
  }
  return undefined;
}

/** A function that an expression is, without what is only said to the compiler. */
function functionOf(expression: SyntaxNode): Exported {
  let node = expression;
  while (wrappers.has(node.type)) node = node.expression as SyntaxNode;
  return isFunction(node)
    ? { kind: "function", signatures: [node] }
    : { kind: "unknown", node: expression };
}

const wrappers = new Set([
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "ParenthesizedExpression",
]);

function isFunction({ type }: SyntaxNode): boolean {
  return type === "FunctionDeclaration" || type === "FunctionExpression" ||
    type === "ArrowFunctionExpression" || type === "TSDeclareFunction";
}

/** Of a function with overloads, callers see these, and not the one with the body. */
function visible(declared: readonly SyntaxNode[]): SyntaxNode[] {
  const overloads = declared.filter(({ type }) => type === "TSDeclareFunction");
  return overloads.length > 0 ? overloads : declared.slice(-1);
}

function nameOf(node: SyntaxNode | null | undefined): string {
  return String(node?.name ?? node?.value ?? "");
}
