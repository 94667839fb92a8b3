/** Whether a script may be kept at all: it must be one ES module that imports nothing. */
import { type Comment, type Node, parse } from "npm:acorn@8.19.0";
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { scriptIdShownLength } from "../wire/mod.ts";
import type { ScriptId } from "../wire/mod.ts";

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

/** What is looked at of any node. */
type ParsedNode = Node & { readonly source?: unknown; readonly meta?: { readonly name: string } };

/**
 * Parses a script with a real parser and refuses every way to import, whatever its sender claims.
 *
 * @throws {DeployRejected} If it is no module, imports anything, or names a source map.
 */
export function checkScript(id: ScriptId, bytes: Uint8Array): void {
  const shown = `script ${id.slice(0, scriptIdShownLength)}`;
  let program: Node;
  const comments: Comment[] = [];
  try {
    const source = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    program = parse(source, {
      ecmaVersion: "latest",
      sourceType: "module",
      locations: true,
      onComment: comments,
    });
  } catch (cause) {
    throw new DeployRejected(`${shown} is not a JavaScript module: ${messageOf(cause)}`, { cause });
  }
  for (const { value, loc } of comments) {
    if (!namesFile.test(value)) continue;
    const { line, column } = loc!.start;
    throw new DeployRejected(
      `${shown} has a comment that names a source map or a source at ${line}:${column + 1}; ` +
        "the runtime would read the file, wherever it lies: take the comment out",
    );
  }
  const open: unknown[] = [program];
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item !== "object" || item === null) continue;
    const what = refusal(item as ParsedNode);
    if (what !== undefined) {
      const { line, column } = (item as ParsedNode).loc!.start;
      throw new DeployRejected(
        `${shown} has ${what} at ${line}:${
          column + 1
        }; a node runs only scripts that import nothing`,
      );
    }
    // One by one: a script with much data in it has more children than a call takes arguments.
    for (const child of Object.values(item)) open.push(child);
  }
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
