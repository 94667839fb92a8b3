/** Reads the version and integrity of packages from lock files. Pure. */

/** A package in a lock file. */
export interface Locked {
  /** Undefined if the lock file does not give it. */
  readonly version?: string;
  /** In npm's form: `sha512-…`. */
  readonly integrity?: string;
}

/** Lock files that list folders below node_modules, in order of precedence. */
export const npmLockNames = [
  "package-lock.json",
  "npm-shrinkwrap.json",
  "node_modules/.package-lock.json",
];
/** Lock files that list packages with versions. */
export const otherLockNames = ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "deno.lock"];

/** The packages of npm's lock, by folder: `node_modules/zod`; undefined if it does not list folders. */
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

/** The largest distance in characters between a package's name and its integrity. */
const entryLengthMax = 2000;
/** The text between them in deno.lock, pnpm-lock.yaml and yarn.lock. In bun.lock, a package is a line. */
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

/** The character before an index; two characters if it is a slash. */
function before(text: string, at: number): string {
  return text[at - 1] === "/" ? text.slice(Math.max(0, at - 2), at) : text.slice(at - 1, at);
}
