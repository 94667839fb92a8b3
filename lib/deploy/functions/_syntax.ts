/** Parses TypeScript and JavaScript. Loaded lazily, because its package is slow to load. */
import { tsPlugin } from "npm:@sveltejs/acorn-typescript@1.0.13";
import { Parser } from "../../javascript/mod.ts";

/** A syntax tree node, with the field names of ESTree and its TypeScript extension. */
export interface SyntaxNode {
  readonly type: string;
  /** Its start and end in the text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

let typed: typeof Parser | undefined;

/**
 * Parses a module into its statements.
 *
 * @throws {SyntaxError} If the parser rejects it.
 */
export function parseModule(
  text: string,
  { isTypeScript }: { readonly isTypeScript: boolean },
): readonly SyntaxNode[] {
  typed ??= Parser.extend(tsPlugin() as unknown as Parameters<typeof Parser.extend>[0]);
  const parser = isTypeScript ? typed : Parser;
  // The package requires line positions, too.
  const program = parser.parse(text, {
    ecmaVersion: "latest",
    sourceType: "module",
    locations: true,
  });
  return program.body as unknown as readonly SyntaxNode[];
}
