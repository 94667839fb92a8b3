/** Small manifests and scripts for the tests of the store. */
import type { Generation, Store } from "../../lib/store/mod.ts";
import type { DeploymentRecord } from "../../lib/manifest/generation.ts";
import type { Manifest } from "../../lib/manifest/manifest.ts";
import type { ScriptId } from "../../lib/identity/script_id.ts";

/** The bytes of a script that is distinguished by a text. */
export function scriptBytes(text: string): Uint8Array<ArrayBuffer> {
  const source = `export default () => ${JSON.stringify(text)};\n`;
  return new TextEncoder().encode(source) as Uint8Array<ArrayBuffer>;
}

/** A manifest of one service with one rpc per script. */
export function manifestOf(...scripts: ScriptId[]): Manifest {
  return {
    format: 1,
    node: "s1",
    clients: [{ name: "c1", ip: "127.0.0.1" }],
    services: [{
      name: "math",
      tenants: ["c1"],
      overloads: scripts.map((script, index) => ({
        rpc: `rpc${index}`,
        args: ["int"],
        returns: ["str"],
        script,
      })),
    }],
  };
}

/** Runs a body with a temporary folder, and removes it. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-store-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Prepares a manifest and commits it. */
export async function commit(
  store: Store,
  manifest: Manifest,
  deployment?: DeploymentRecord,
): Promise<Generation> {
  return await (await store.prepare(manifest, deployment)).commit();
}
