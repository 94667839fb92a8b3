/** Mistakes of syntax: which of them are told, and one that is mended on the way. */
import type { Diagnostics } from "../diagnostics.ts";
import { quote } from "./nodes.ts";
import { bracketedTypeAt, explainSyntax } from "./_messages.ts";

/** What the grammar objects to. */
export interface SyntaxFault {
  /** A code of the YAML library. */
  readonly code: string;
  /** The offsets of its begin and end. */
  readonly pos: readonly [number, number];
}

/**
 * `args: [List[int]]` is not YAML, but what anybody would write once. It is noted as a mistake that names
 * the remedy; then the brackets are put out of YAML's sight, at the same offsets, so that everything
 * else in the file can still be checked.
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

/** Characters that no text has, for those that YAML must not see, and the way back. */
const hiding: Record<string, string> = Object.fromEntries(
  [["[", "\ue000"], ["]", "\ue001"], [",", "\ue002"]].flatMap(([a, b]) => [[a, b], [b, a]]),
);
const hidden = /[\ue000-\ue002]/g;

/** Takes back what {@linkcode repairBracketedTypes} did to a text. */
export function unhide(text: string): string {
  return text.replaceAll(hidden, (sign) => hiding[sign]!);
}

/**
 * One mistake a line; one of indentation in all; and none behind something unclosed or unexpected, as
 * what follows there is not meant as it reads.
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
    const { line } = findings.placeOf(pos[0]);
    if (line === lastLine || code === "BAD_INDENT" && indentNoted) continue;
    lastLine = line;
    indentNoted ||= code === "BAD_INDENT";
    // The indentation is shown by what is indented.
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
