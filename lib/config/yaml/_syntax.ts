/** Syntax errors: chooses which to report, and repairs one kind. */
import type { Diagnostics } from "../diagnostics.ts";
import { quote } from "./nodes.ts";
import { bracketedTypeAt, explainSyntax } from "./_messages.ts";

/** A syntax error of the library. */
export interface SyntaxFault {
  /** A code of the YAML library. */
  readonly code: string;
  /** Its start and end offsets. */
  readonly pos: readonly [number, number];
}

/**
 * `args: [List[int]]` is not YAML, but everybody writes it once. It is noted with the remedy; then the brackets are
 * masked, at the same offsets, so that the rest of the file can still be checked.
 */
export function repairBracketedTypes(
  text: string,
  errors: readonly SyntaxFault[],
  findings: Diagnostics,
): string {
  const parts: string[] = [];
  let end = 0;
  for (const error of errors) {
    const found = error.pos[0] < end ? undefined : bracketedTypeAt(text, error.pos[0]);
    if (found === undefined) continue;
    const type = text.slice(found.start, found.end);
    findings.add({
      at: found.start,
      message: `inside [ ] or { } a type with brackets must be quoted, got ${quote(type)} without`,
      hint: `write "${type}" with the quotes`,
    });
    parts.push(text.slice(end, found.start));
    parts.push(type.replaceAll(/[[\],]/g, (character) => hiding[character]!));
    end = found.end;
  }
  return parts.join("") + text.slice(end);
}

/** Private characters that mask the brackets, and back. */
const hiding: Record<string, string> = Object.fromEntries(
  [["[", "\ue000"], ["]", "\ue001"], [",", "\ue002"]].flatMap(([a, b]) => [[a, b], [b, a]]),
);
const hidden = /[\ue000-\ue002]/g;

/** Takes back what {@linkcode repairBracketedTypes} did to a text. */
export function unhide(text: string): string {
  return text.replaceAll(hidden, (sign) => hiding[sign]!);
}

/**
 * Reports one mistake a line, one of indentation in all, and none after something unclosed or unexpected, because what
 * follows is misread.
 */
export function noteSyntaxErrors(
  composed: { errors: readonly SyntaxFault[]; unclosed: readonly number[] },
  findings: Diagnostics,
): void {
  const { text } = findings.source;
  const unclosedAt = composed.unclosed[0] ?? Infinity;
  let lastLine = 0;
  let indentNoted = false;
  for (const { code, pos } of composed.errors) {
    if (pos[0] >= unclosedAt) break;
    const { line } = findings.positionOf(pos[0]);
    if (line === lastLine || code === "BAD_INDENT" && indentNoted) continue;
    lastLine = line;
    indentNoted ||= code === "BAD_INDENT";
    // Points at the indented text, not at its indentation.
    const at = code === "BAD_INDENT" ? pos[0] + /^ */.exec(text.slice(pos[0]))![0].length : pos[0];
    findings.add({ at, ...explainSyntax(code, text, at) });
    if (code === "UNEXPECTED_TOKEN") return;
  }
  if (unclosedAt === Infinity) return;
  const opening = text[unclosedAt]!;
  const closing = ({ "[": "]", "{": "}" } as Record<string, string>)[opening] ?? opening;
  findings.add({
    at: unclosedAt,
    message: `this ${opening} is never closed`,
    hint: `add the ${closing} that ends it`,
  });
}
