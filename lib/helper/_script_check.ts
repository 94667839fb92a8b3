/** Checks that a script is one ES module that imports nothing. */
import { type Comment, getLineInfo, type Node, type Options, Parser } from "../javascript/mod.ts";
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { scriptIdShownLength } from "../identity/mod.ts";

/** Syntax that reaches outside a module, by the parser's node type. */
const refused: Readonly<Record<string, string>> = {
  ImportDeclaration: "an import",
  ImportExpression: "an import()",
  ExportAllDeclaration: "an export … from",
  MetaProperty: "import.meta",
};

/**
 * `//# sourceMappingURL=…`: to show a stack, Deno 2.9 reads the named file without a permission check (measured).
 * `sourceURL` changes the file that a stack names.
 */
const namesFile = /^[#@]\s*source(Mapping)?URL/i;

/** The fields of any node that are read here. */
type ParsedNode = Node & {
  readonly source?: unknown;
  readonly meta?: { readonly name: string };
  readonly expression?: Node & { readonly value?: unknown };
};

/** The parser's undeclared interface. */
interface ParserSteps {
  finishNode(node: ParsedNode, type: string): ParsedNode;
  parseStatement(context: unknown, topLevel?: boolean, exports?: unknown): ParsedNode;
}

/**
 * Checks every node as soon as it is parsed, and drops statements that are no longer needed: the whole tree of a 15 MB
 * script takes 1.6 GB.
 */
class CheckingParser extends (Parser as unknown as new (options: Options, source: string) =>
  & ParserSteps
  & Parser) {
  /** The first refused node. */
  refused: { readonly what: string; readonly start: number } | undefined;

  override finishNode(node: ParsedNode, type: string): ParsedNode {
    const finished = super.finishNode(node, type);
    if (this.refused === undefined) {
      const what = refusal(finished);
      if (what !== undefined) this.refused = { what, start: finished.start };
    }
    return finished;
  }

  override parseStatement(context: unknown, topLevel?: boolean, exports?: unknown): ParsedNode {
    const statement = super.parseStatement(context, topLevel, exports);
    return topLevel || !isNeeded(statement) ? parsed : statement;
  }
}

/** Replaces parsed statements. */
const parsed = { type: "EmptyStatement", start: 0, end: 0 } as ParsedNode;

/** Whether the parser still needs the node: for its declarations, or because it is a directive. */
function isNeeded({ type, expression }: ParsedNode): boolean {
  return type.endsWith("Declaration") || typeof expression?.value === "string";
}

/**
 * Parses a script with a real parser, and refuses every kind of import.
 *
 * @throws {DeployRejected} If it is not a module, imports anything, or names a source map.
 */
export function checkScript(id: string, bytes: Uint8Array): void {
  const shown = `script ${id.slice(0, scriptIdShownLength)}`;
  let source: string;
  let parser: CheckingParser;
  let mapComment: Comment | undefined;
  try {
    source = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    parser = new CheckingParser({
      ecmaVersion: "latest",
      sourceType: "module",
      onComment: (isBlock, value, start, end) => {
        if (mapComment !== undefined || !namesFile.test(value)) return;
        mapComment = { type: isBlock ? "Block" : "Line", value, start, end };
      },
    }, source);
    parser.parse();
  } catch (cause) {
    throw new DeployRejected(`${shown} is not a JavaScript module: ${messageOf(cause)}`, { cause });
  }
  const positionOf = (start: number): string => {
    const { line, column } = getLineInfo(source, start);
    return `${line}:${column + 1}`;
  };
  if (mapComment !== undefined) {
    throw new DeployRejected(
      `${shown} has a comment that names a source map or a source at ${
        positionOf(mapComment.start)
      }; the runtime would read that file, wherever it is: remove the comment`,
    );
  }
  if (parser.refused === undefined) return;
  const { what, start } = parser.refused;
  throw new DeployRejected(
    `${shown} has ${what} at ${positionOf(start)}; a node runs only scripts that import nothing`,
  );
}

/** The refused syntax of a node, for messages; undefined if the node is allowed. */
function refusal(node: ParsedNode): string | undefined {
  // An export reaches outside only with a source; and `new.target` is a MetaProperty, too.
  if (node.type === "ExportNamedDeclaration") {
    return node.source == null ? undefined : "an export … from";
  }
  if (node.type === "MetaProperty" && node.meta?.name !== "import") return undefined;
  return Object.hasOwn(refused, node.type) ? refused[node.type] : undefined;
}
