/** Reads TypeScript and JavaScript into a syntax tree. Loaded late: its package takes longer than the parser itself. */
import { tsPlugin } from "npm:@sveltejs/acorn-typescript@1.0.13";
import { Parser } from "../../javascript/mod.ts";

/** A node of a syntax tree, as ESTree and its extension for TypeScript name the fields. */
export interface SyntaxNode {
  readonly type: string;
  /** Where it begins and ends in the text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

let typed: typeof Parser | undefined;

/**
 * The statements of a module.
 *
 * @throws {SyntaxError} If it is not one, as far as the parser knows the language.
 */
export function parseModule(
  text: string,
  { isTypeScript }: { readonly isTypeScript: boolean },
): readonly SyntaxNode[] {
  typed ??= Parser.extend(tsPlugin() as unknown as Parameters<typeof Parser.extend>[0]);
  const parser = isTypeScript ? typed : Parser;
  // The package wants places of lines, too.
  const program = parser.parse(text, {
    ecmaVersion: "latest",
    sourceType: "module",
    locations: true,
  });
  return program.body as unknown as readonly SyntaxNode[];
}
