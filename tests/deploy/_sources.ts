/** Folders of sources for the tests of bundling. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type Diagnostic, InvalidConfiguration } from "../../lib/errors/mod.ts";
import { type Bundled, bundleScripts } from "../../lib/deploy/bundle/bundle.ts";

/** Files by relative path. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Runs a body with a folder of these files, and removes it. */
export async function withSources(
  files: Files,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-bundle-" });
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      const isText = typeof content === "string";
      await Deno.writeFile(
        join(folder, path),
        isText ? new TextEncoder().encode(content) : content,
      );
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Bundles `[path, rpc]` pairs, whose overloads are on lines 1, 2, 3 … of init.yaml. */
export function bundle(
  folder: string,
  ...scripts: [path: string, rpc: string][]
): Promise<Bundled> {
  const requests = scripts.map(([path, rpc], index) => ({
    source: join(folder, path),
    rpc,
    position: { file: "init.yaml", line: index + 1, column: 3 },
  }));
  return bundleScripts(requests, { folder });
}

/** The text of the only bundled script. */
export async function bundledText(folder: string, path: string, rpc: string): Promise<string> {
  const { scripts } = await bundle(folder, [path, rpc]);
  return new TextDecoder().decode(scripts[0].bytes);
}

/** The mistakes of scripts that cannot be bundled. */
export async function mistakesOf(
  folder: string,
  ...scripts: [path: string, rpc: string][]
): Promise<readonly Diagnostic[]> {
  try {
    await bundle(folder, ...scripts);
  } catch (error) {
    assert.ok(error instanceof InvalidConfiguration, String(error));
    return error.diagnostics;
  }
  assert.fail("the scripts were bundled");
}

/** `file:line:column: message` of a mistake, followed by its hint. */
export function shown({ file, line, column, message, hint }: Diagnostic): string {
  return `${file}:${line}:${column}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
}
