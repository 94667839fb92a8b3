/** Messages for imports that scripts must not use. Pure. */
import { posix } from "node:path";
import type { EsbuildPartialMessage } from "./_esbuild.ts";
import { insteadOfBuiltin } from "../packages/builtins.ts";
import { loaderOf } from "./sources.ts";

const extensionsShown = ".ts, .mts, .js, .mjs and .json";

/** Why a project file must not import a specifier, judged by its text; undefined if it may. */
export function refusalOf(
  specifier: string,
  kind: string,
  attributes: Record<string, string>,
): EsbuildPartialMessage | undefined {
  if (kind === "dynamic-import") return refuse(dynamicImportMessage, dynamicImportHint);
  if (kind !== "import-statement") return refuse(requireMessage, requireHint);
  const { type } = attributes;
  if (type !== undefined && !["json", "text", "bytes"].includes(type)) {
    return refuse(`cannot import "${specifier}" as "${type}"; types are "json", "text", "bytes"`);
  }
  if (!/^\.\.?\//.test(specifier)) {
    const hint = hintFor(specifier);
    return hint === undefined
      ? undefined
      : refuse(`cannot import "${specifier}": a script is one file that runs on its own`, hint);
  }
  const extension = posix.extname(specifier);
  const isText = type === "text" || type === "bytes";
  if (extension !== "" && loaderOf(specifier) === undefined && !isText) {
    return refuse(
      `cannot import "${specifier}": only ${extensionsShown} files can be inlined`,
      extension === ".wasm"
        ? "scripts have no WebAssembly; use a package in plain JavaScript"
        : 'import it as text or bytes: with { type: "text" } or { type: "bytes" }',
    );
  }
  return undefined;
}

/** The refusal of `import()`. */
export const dynamicImportMessage = "import() does not exist when a script runs";
/** What to do instead of `import()`. */
export const dynamicImportHint = "import the file with an import statement at the top";
/** The refusal of `require`. */
export const requireMessage = "require does not exist when a script runs";
/** What to do instead of `require`. */
export const requireHint = "import the file with an import statement at the top";

/** The remedy for a specifier that is neither a file near the script nor a package. */
function hintFor(specifier: string): string | undefined {
  const builtin = specifier.startsWith("node:") ? insteadOfBuiltin(specifier) : undefined;
  if (builtin !== undefined) return builtin;
  if (specifier.startsWith("jsr:")) {
    const name = specifier.slice("jsr:".length).replace(/^\//, "").replace(/(?<=.)@.*/, "");
    return `install it from JSR as a package (npx jsr add ${name}), and import "${name}"`;
  }
  if (/^https?:/.test(specifier)) {
    return "install it as a package, or copy it into a file beside this one, and import that";
  }
  if (/^(file:|[/\\]|[A-Za-z]:)/.test(specifier)) {
    return "write the path from this file, beginning with ./ or ../";
  }
  if (/^(data|blob):/.test(specifier)) return "write the code into a file beside this one";
  if (specifier.startsWith("#")) {
    return 'write the path from this file, or name it in the "imports" of deno.json';
  }
  return undefined;
}

/** A refusal, as esbuild takes it. */
export function refuse(text: string, hint?: string): EsbuildPartialMessage {
  return { text, notes: hint === undefined ? [] : [{ text: hint }] };
}
