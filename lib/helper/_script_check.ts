/** Checks that a script is one ES module that imports nothing. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { scriptIdShownLength } from "../identity/mod.ts";
import { type Comment, getLineInfo } from "../javascript/mod.ts";
import { CheckingParser, type ParsedNode } from "./_checking_parser.ts";

/** Syntax that reaches outside a module, by the parser's node type. */
const refusedTypes: Readonly<Record<string, string>> = {
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

/**
 * Parses a script with a real parser, and refuses every kind of import.
 *
 * @param timeoutMs How long the check may take.
 * @throws {DeployRejected} If it is not a module, imports anything, names a source map, or takes too long to check.
 */
export function checkScript(id: string, bytes: Uint8Array, timeoutMs: number): void {
  const shown = `script ${id.slice(0, scriptIdShownLength)}`;
  const untilMs = performance.now() + timeoutMs;
  let source: string;
  let refused: { readonly what: string; readonly start: number } | undefined;
  let mapComment: Comment | undefined;
  try {
    source = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const parser = new CheckingParser(source, {
      visit: (node) => {
        const what = refused === undefined ? refusal(node) : undefined;
        if (what !== undefined) refused = { what, start: node.start };
      },
      rest: () => {
        if (performance.now() > untilMs) throw new TookTooLong();
      },
      onComment: (isBlock, value, start, end) => {
        if (mapComment !== undefined || !namesFile.test(value)) return;
        mapComment = { type: isBlock ? "Block" : "Line", value, start, end };
      },
    });
    parser.parse();
  } catch (cause) {
    if (cause instanceof TookTooLong) throw tooLong(shown, bytes.length);
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
  if (refused === undefined) return;
  const { what, start } = refused;
  throw new DeployRejected(
    `${shown} has ${what} at ${positionOf(start)}; a node runs only scripts that import nothing`,
  );
}

/** Stops the parser. */
class TookTooLong extends Error {}

function tooLong(shown: string, bytes: number): DeployRejected {
  return new DeployRejected(
    `${shown}, of ${bytes} bytes, takes longer to check than scripts of its size may; ` +
      "if the node is busy, run init again; otherwise, make the script smaller",
  );
}

/** The refused syntax of a node, for messages; undefined if the node is allowed. */
function refusal(node: ParsedNode): string | undefined {
  // An export reaches outside only with a source; and `new.target` is a MetaProperty, too.
  if (node.type === "ExportNamedDeclaration") {
    return node.source == null ? undefined : "an export … from";
  }
  if (node.type === "MetaProperty" && node.meta?.name !== "import") return undefined;
  return Object.hasOwn(refusedTypes, node.type) ? refusedTypes[node.type] : undefined;
}
