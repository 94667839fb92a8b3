/** Keeps a node's own folder out of what scripts may be granted. */
import type { GrantRule } from "./operator.ts";

/**
 * Refuses grants of files that hold the node's root, or lie in it: a reader of it can deploy, a writer of it is the node.
 * A compiled executable cannot take a folder out of a grant, so there is no such grant at all.
 *
 * @param root Its real path.
 * @throws {TypeError} That names the grant.
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
