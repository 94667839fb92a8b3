/** What a lock file says of an installed package: its version, and the integrity of what was installed. Pure. */

/** A package in a lock. */
export interface Locked {
  /** Undefined where the lock names versions another way. */
  readonly version?: string;
  /** As npm writes it: `sha512-…`. */
  readonly integrity?: string;
}

/** Locks that name each folder below node_modules, the one that counts first. */
export const npmLockNames = [
  "package-lock.json",
  "npm-shrinkwrap.json",
  "node_modules/.package-lock.json",
];
/** Locks that name packages and versions. */
export const otherLockNames = ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "deno.lock"];

/** The packages of npm's lock, by their folders: `node_modules/zod`; undefined if it is not one that names folders. */
export function parseNpmLock(text: string): ReadonlyMap<string, Locked> | undefined {
  let packages: unknown;
  try {
    packages = (JSON.parse(text) as { packages?: unknown } | null)?.packages;
  } catch {
    return undefined;
  }
  if (typeof packages !== "object" || packages === null) return undefined;
  const locked = new Map<string, Locked>();
  for (const [folder, entry] of Object.entries(packages)) {
    const { version, integrity, link } = (entry ?? {}) as Record<string, unknown>;
    if (link === true) continue;
    locked.set(folder, {
      ...(typeof version === "string" && { version }),
      ...(typeof integrity === "string" && { integrity: integrity.split(" ")[0] }),
    });
  }
  return locked;
}

/** Characters between a package's name in a lock and its integrity, at most. */
const entryLengthMax = 2000;
/** What stands between: in deno.lock, pnpm-lock.yaml and yarn.lock. In bun.lock, a package is a line. */
const between =
  /^["']?:\s+(?:resolution: )?\{\s*"?integrity"?: "?$|^#[0-9a-f]{40}"\s+integrity $|^[^\n]*$/;

/** The integrity of a package in the lock of pnpm, yarn, bun or Deno. */
export function findIntegrity(text: string, name: string, version: string): string | undefined {
  const own = name.slice(name.indexOf("/") + 1);
  for (const entry of [`${name}@${version}`, `/${name}/-/${own}-${version}.tgz`]) {
    for (let at = text.indexOf(entry); at >= 0; at = text.indexOf(entry, at + 1)) {
      // Not the end of a longer name.
      if (!entry.startsWith("/") && !/^(?:|\s|["']|[\s"']\/)$/.test(before(text, at))) continue;
      const behind = text.slice(at + entry.length, at + entry.length + entryLengthMax);
      const found = /sha512-[A-Za-z0-9+/]{86}==/.exec(behind);
      if (found !== null && between.test(behind.slice(0, found.index))) return found[0];
    }
  }
  return undefined;
}

/** What stands before a place: a character, and one more before a slash. */
function before(text: string, at: number): string {
  return text[at - 1] === "/" ? text.slice(Math.max(0, at - 2), at) : text.slice(at - 1, at);
}
