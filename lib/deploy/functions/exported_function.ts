/** Finds a module's exported function through aliases and re-exports, as far as the text shows it. Pure. */
import type { SyntaxNode } from "./_syntax.ts";

/** A module's export of some name. */
export type Exported =
  /** The function; with overloads, the signatures that callers see. */
  | { readonly kind: "function"; readonly signatures: readonly SyntaxNode[] }
  /** A re-export from another module, with its name there. */
  | { readonly kind: "elsewhere"; readonly specifier: string; readonly name: string }
  /** A value that the text does not show, such as the result of a call. */
  | { readonly kind: "unknown"; readonly node: SyntaxNode };

/** The export with this name; undefined if the module lacks it or re-exports it by `export *`. */
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

/** The modules of a module's `export *`. */
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

/** Resolves a name in a module. */
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
    // A declared type may differ from the function's own.
    if (id.typeAnnotation || !each.init) return { kind: "unknown", node: id };
    return functionOf(each.init as SyntaxNode);
  }
  return undefined;
}

/** The function in an expression, without type assertions. */
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

/** A function's overload signatures, which callers see instead of the implementation. */
function visible(declared: readonly SyntaxNode[]): SyntaxNode[] {
  const overloads = declared.filter(({ type }) => type === "TSDeclareFunction");
  return overloads.length > 0 ? overloads : declared.slice(-1);
}

function nameOf(node: SyntaxNode | null | undefined): string {
  return String(node?.name ?? node?.value ?? "");
}
