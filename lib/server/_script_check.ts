/** Whether a script may be kept at all: it must be one ES module that imports nothing. */
import { type Node, parse } from "npm:acorn@8.19.0";
import { DeployRejected } from "../errors/mod.ts";
import { scriptIdShownLength } from "../wire/mod.ts";
import type { ScriptId } from "../wire/mod.ts";

/** What reaches outside a module, by the parser's name for it. */
const refused: Readonly<Record<string, string>> = {
  ImportDeclaration: "an import",
  ImportExpression: "an import()",
  ExportAllDeclaration: "an export … from",
};

/**
 * Parses a script with a real parser and refuses every way to import, whatever its sender claims.
 *
 * @throws {DeployRejected} If it is no module, or imports anything.
 */
export function checkScript(id: ScriptId, bytes: Uint8Array): void {
  const shown = `script ${id.slice(0, scriptIdShownLength)}`;
  let program: Node;
  try {
    const source = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    program = parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeployRejected(`${shown} is not a JavaScript module: ${reason}`, { cause });
  }
  const open: unknown[] = [program];
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item !== "object" || item === null) continue;
    const node = item as Node & { source?: unknown };
    const isReexport = node.type === "ExportNamedDeclaration" && node.source != null;
    const what = isReexport ? "an export … from" : refused[node.type];
    if (what !== undefined) {
      const { line, column } = node.loc!.start;
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
