/**
 * Matches messages by their facts: the code, the position, names, numbers and options that a message must contain, in
 * any order. The words between them may change freely.
 */
import type { ErrorCode } from "../../lib/errors/mod.ts";

/** A part of a message: a text, or a pattern if it varies. */
export type Fact = string | RegExp;

/** Matches a text with all of these facts: `assert.match(said, mentions('"s3"', "--only"))`. */
export function mentions(...facts: readonly Fact[]): RegExp {
  return new RegExp(`^${required(facts, "[^]*")}`, "m");
}

/** Matches an error with this code and these facts, as the command and the library print it. */
export function failure(code: ErrorCode, ...facts: readonly Fact[]): RegExp {
  return new RegExp(
    `^(?:farcall: )?${code.replaceAll(" ", " ?")}: ${required(facts, "[^]*")}`,
    "m",
  );
}

/** Matches a diagnostic at a position, `init.yaml:3:5`, with these facts, in its excerpt and hint, too. */
export function diagnostic(place: string, ...facts: readonly Fact[]): RegExp {
  return new RegExp(`^${escaped(place)}:? ${required(facts, "(?:.*\\n){0,4}.*")}`, "m");
}

/** Matches such a diagnostic that also shows its line, a caret under the column, and a hint. */
export function pointing(place: string, ...facts: readonly Fact[]): RegExp {
  const [, line, column] = /(\d+):(\d+)$/.exec(place)!;
  const excerpt = `.*\\n +\\|\\n${line} \\|.*\\n +\\| {${column}}\\^\\n +hint: `;
  return new RegExp(`${diagnostic(place, ...facts).source}${excerpt}`, "m");
}

/** Matches a text that has all of these facts in one of its lines. */
export function lineWith(...facts: readonly Fact[]): RegExp {
  return new RegExp(`^${required(facts, ".*")}`, "m");
}

/** The outcomes that `init` prints; their wording is known only here. */
export const nothingToDo = /^nothing to do\b/m;
export const nothingChanged = /^ *[Nn]othing was changed\b/m;

/** Matches the output of `init` when each of these nodes has committed its generation. */
export function deployed(generations: Readonly<Record<string, number>>): RegExp {
  const nodes = Object.entries(generations);
  return lineWith(
    "deployed",
    ...nodes.map(([name, number]) => `${name} (generation ${number})`),
  );
}

function required(facts: readonly Fact[], before: string): string {
  return facts
    .map((fact) => typeof fact === "string" ? escaped(fact) : `(?:${fact.source})`)
    .map((fact) => `(?=${before}${fact})`)
    .join("");
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
