/** Keeps a node's own folder out of scripts' permissions. */
import type { GrantRule } from "./operator.ts";

/**
 * Refuses grants of paths that contain the node's root or are inside it: whoever reads it can deploy, and whoever
 * writes it controls the node. A compiled executable cannot exclude a folder from a grant, so such grants are refused
 * altogether.
 *
 * @param root Its real path.
 * @throws {TypeError} Names the refused grant.
 */
export async function refuseGrantsOfRoot(
  grants: readonly GrantRule[],
  root: string,
): Promise<void> {
  for (const { service, kind, values } of grants) {
    if (kind !== "read" && kind !== "write") continue;
    for (const value of values) {
      const path = await Deno.realPath(value).catch(() => value);
      if (!isWithin(root, path) && !isWithin(path, root)) continue;
      throw new TypeError(
        `the grant "${service}:${kind}=${value}" holds the node's own folder, ${root}, or a part of it, ` +
          "which no script may reach; grant paths outside of it, or choose another --root",
      );
    }
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
