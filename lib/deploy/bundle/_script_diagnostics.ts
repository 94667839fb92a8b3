/** Converts esbuild's messages to mistakes. */
import { posix } from "node:path";
import type { Diagnostic } from "../../errors/mod.ts";
import type { EsbuildMessage } from "./_esbuild.ts";
import { packageModule } from "./_import_graph.ts";
import { packageNamespace, sourceNamespace } from "./_import_plugin.ts";
import {
  dynamicImportHint,
  dynamicImportMessage,
  requireHint,
  requireMessage,
} from "./_import_refusals.ts";

/** Messages that esbuild suppresses or only warns about, but that make a script unusable on a node. */
export const raisedToWarnings = {
  "unsupported-dynamic-import": "warning",
  "unsupported-require-call": "warning",
  "indirect-require": "warning",
  "empty-import-meta": "warning",
} as const;

/** Whether a warning about a project file counts as a mistake. */
export function isFatal({ id }: EsbuildMessage): boolean {
  return Object.hasOwn(raisedToWarnings, id);
}

/** Replaces esbuild's messages about bundling. */
const ourWords: ReadonlyMap<string, { message: string; hint: string }> = new Map([
  ["unsupported-dynamic-import", { message: dynamicImportMessage, hint: dynamicImportHint }],
  ["unsupported-require-call", { message: requireMessage, hint: requireHint }],
  ["indirect-require", { message: requireMessage, hint: requireHint }],
  ["empty-import-meta", {
    message: "import.meta is not available to scripts",
    hint: "a script has no file of its own; import its data as JSON",
  }],
  ["direct-eval", {
    message: "eval throws in a script: code generation from strings is disabled",
    hint: "write the code out, or parse data with JSON.parse",
  }],
]);

/** The graph's name of a source in esbuild's output; undefined for anything else. */
export function sourceOf(message: EsbuildMessage): string | undefined {
  const file = message.location?.file ?? "";
  const name = file.slice(file.indexOf(":") + 1);
  if (file.startsWith(`${sourceNamespace}:`)) return withoutAttributes(name);
  return file.startsWith(`${packageNamespace}:`) ? packageModule(name) : undefined;
}

/** esbuild appends the import attributes to a file's name. */
function withoutAttributes(name: string): string {
  const end = name.indexOf(" with {");
  return end < 0 ? name : name.slice(0, end);
}

/**
 * Converts a message of esbuild to a mistake.
 *
 * @param shownFolder The folder of init.yaml as a person would write it; `.` leaves it out.
 * @returns undefined if the message has no location.
 */
export function diagnosticOf(message: EsbuildMessage, shownFolder: string): Diagnostic | undefined {
  const source = sourceOf(message);
  const { location, notes } = message;
  if (source === undefined || location === null) return undefined;
  const words = ourWords.get(message.id);
  const hint = words?.hint ?? notes.map((note) => textOf(note, shownFolder)).join("; ");
  return {
    file: posix.join(shownFolder, source),
    line: location.line,
    column: columnOf(location.lineText, location.column),
    message: words?.message ?? withoutNamespace(message.text),
    ...(hint === "" ? {} : { hint }),
    sourceLine: location.lineText,
  };
}

/** A note that ends in a colon refers to another location. */
function textOf(note: EsbuildMessage["notes"][number], shownFolder: string): string {
  const text = withoutNamespace(note.text);
  if (note.location === null || !text.endsWith(":")) return text;
  const { file, line, lineText, column } = note.location;
  const shown = posix.join(shownFolder, file.replace(`${sourceNamespace}:`, ""));
  return `${text} ${shown}:${line}:${columnOf(lineText, column)}`;
}

function withoutNamespace(text: string): string {
  return text.replaceAll(`"${sourceNamespace}:`, '"');
}

/** esbuild counts bytes of UTF-8 from 0, people count characters from 1. */
export function columnOf(lineText: string, byteColumn: number): number {
  const before = new TextEncoder().encode(lineText).subarray(0, byteColumn);
  return [...new TextDecoder().decode(before)].length + 1;
}

/** Mistakes in the order of files, lines and columns, each once. */
export function sortDiagnostics(mistakes: readonly Diagnostic[]): Diagnostic[] {
  const byText = new Map<string, Diagnostic>();
  for (const mistake of mistakes) {
    const { file, line, column, message } = mistake;
    byText.set(JSON.stringify([file, line, column, message]), mistake);
  }
  return [...byText.values()].sort((a, b) =>
    (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column
  );
}
