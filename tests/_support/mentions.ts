/**
 * Messages by their facts: the code, the place, names, numbers and options that a message must tell, in any order.
 * The words between them may change without a test.
 */
import type { ErrorCode } from "../../lib/errors/mod.ts";

/** A part of a message: a text, or a pattern where it varies. */
export type Fact = string | RegExp;

/** Matches a text with all of these facts: `assert.match(said, mentions('"s3"', "--only"))`. */
export function mentions(...facts: readonly Fact[]): RegExp {
  return new RegExp(`^${required(facts, "[^]*")}`, "m");
}

/** Matches an error with this code, as the command and the library print it, that tells all of these facts. */
export function failure(code: ErrorCode, ...facts: readonly Fact[]): RegExp {
  return new RegExp(
    `^(?:farcall: )?${code.replaceAll(" ", " ?")}: ${required(facts, "[^]*")}`,
    "m",
  );
}

/** Matches a diagnostic at a place, `init.yaml:3:5`, that tells all of these facts, its excerpt and hint included. */
export function diagnostic(place: string, ...facts: readonly Fact[]): RegExp {
  return new RegExp(`^${escaped(place)}:? ${required(facts, "(?:.*\\n){0,4}.*")}`, "m");
}

/** Matches such a diagnostic that also shows its line, a caret under the column, and a hint. */
export function pointing(place: string, ...facts: readonly Fact[]): RegExp {
  const [, line, column] = /(\d+):(\d+)$/.exec(place)!;
  const excerpt = `.*\\n +\\|\\n${line} \\|.*\\n +\\| {${column}}\\^\\n +hint: `;
  return new RegExp(`${diagnostic(place, ...facts).source}${excerpt}`, "m");
}

/** Matches a text that tells all of these facts in one of its lines. */
export function lineWith(...facts: readonly Fact[]): RegExp {
  return new RegExp(`^${required(facts, ".*")}`, "m");
}

/** What `init` says of an outcome: the only places that know its words. */
export const nothingToDo = /^nothing to do\b/m;
export const nothingChanged = /^ *[Nn]othing was changed\b/m;

/** Matches what `init` says when each of these nodes has committed the generation that it stands with. */
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
