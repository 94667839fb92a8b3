/** Whether a script may be kept at all: it must be one ES module that imports nothing. */
import { type Comment, getLineInfo, type Node, type Options, Parser } from "../javascript/mod.ts";
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { scriptIdShownLength } from "../identity/mod.ts";

/** What reaches outside a module, by the parser's name for it. */
const refused: Readonly<Record<string, string>> = {
  ImportDeclaration: "an import",
  ImportExpression: "an import()",
  ExportAllDeclaration: "an export … from",
  MetaProperty: "import.meta",
};

/**
 * `//# sourceMappingURL=…`: where a stack is shown, Deno 2.9 reads what it names, without asking for permission
 * (measured). `sourceURL` changes what file the stack is of.
 */
const namesFile = /^[#@]\s*source(Mapping)?URL/i;

/** The fields looked at of any node. */
type ParsedNode = Node & {
  readonly source?: unknown;
  readonly meta?: { readonly name: string };
  readonly expression?: Node & { readonly value?: unknown };
};

/** What the parser does that its types do not tell. */
interface ParserSteps {
  finishNode(node: ParsedNode, type: string): ParsedNode;
  parseStatement(context: unknown, topLevel?: boolean, exports?: unknown): ParsedNode;
}

/**
 * Looks at every node as soon as it is parsed, and lets go of statements that nothing behind them needs: the whole
 * tree of a script of 15 MB takes 1.6 GB.
 */
class CheckingParser extends (Parser as unknown as new (options: Options, source: string) =>
  & ParserSteps
  & Parser) {
  /** The first node that is refused. */
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

/** Stands for any statement that was parsed. */
const parsed = { type: "EmptyStatement", start: 0, end: 0 } as ParsedNode;

/** Whether what is around it is checked by what it declares, or by its being a directive. */
function isNeeded({ type, expression }: ParsedNode): boolean {
  return type.endsWith("Declaration") || typeof expression?.value === "string";
}

/**
 * Parses a script with a real parser and refuses every way to import, whatever its sender claims.
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
  const placeOf = (start: number): string => {
    const { line, column } = getLineInfo(source, start);
    return `${line}:${column + 1}`;
  };
  if (mapComment !== undefined) {
    throw new DeployRejected(
      `${shown} has a comment that names a source map or a source at ${
        placeOf(mapComment.start)
      }; the runtime would read that file, wherever it is: remove the comment`,
    );
  }
  if (parser.refused === undefined) return;
  const { what, start } = parser.refused;
  throw new DeployRejected(
    `${shown} has ${what} at ${placeOf(start)}; a node runs only scripts that import nothing`,
  );
}

/** What a node is refused for, in words; undefined for what may stay. */
function refusal(node: ParsedNode): string | undefined {
  // Only with a source does it reach outside; and `new.target` is a property of this kind too.
  if (node.type === "ExportNamedDeclaration") {
    return node.source == null ? undefined : "an export … from";
  }
  if (node.type === "MetaProperty" && node.meta?.name !== "import") return undefined;
  return Object.hasOwn(refused, node.type) ? refused[node.type] : undefined;
}
