/** Parses specifiers of packages, in all common forms. Pure. */

/** The package in a specifier. */
export interface PackageName {
  /** `zod`, `@scope/name`. */
  readonly name: string;
  /** The subpath, in the form of `exports` keys: `.` or `./sub/path`. */
  readonly key: string;
  /** The version range: `4`, `^4.1`; undefined for any installed version. */
  readonly range?: string;
}

/** Parses `zod`, `zod/v4`, `@scope/name/sub`, `npm:zod@^4/v4`. @returns undefined if it does not name a package. */
export function parsePackageName(specifier: string): PackageName | undefined {
  const isUrl = specifier.startsWith("npm:");
  let rest = isUrl ? specifier.slice("npm:".length).replace(/^\//, "") : specifier;
  let scope = "";
  if (rest.startsWith("@")) {
    const slash = rest.indexOf("/");
    if (slash < 2) return undefined;
    scope = rest.slice(0, slash + 1);
    rest = rest.slice(slash + 1);
  }
  const slash = rest.indexOf("/");
  const own = slash < 0 ? rest : rest.slice(0, slash);
  const sub = slash < 0 ? "" : rest.slice(slash + 1);
  const at = isUrl ? own.indexOf("@") : -1;
  const name = scope + (at < 0 ? own : own.slice(0, at));
  const range = at < 0 ? undefined : own.slice(at + 1);
  if (!isName(name) || sub.split("/").some((part) => part === ".." || part === ".")) {
    return undefined;
  }
  return { name, key: sub === "" ? "." : `./${sub}`, ...(range && { range }) };
}

/** Whether a text is a valid package name. */
export function isName(name: string): boolean {
  return /^(?:@[\w.~-]+\/)?[\w.~-]+$/.test(name) && !/^\.|\/\./.test(name) &&
    name !== "node_modules";
}

/**
 * Whether a version is in a range.
 *
 * @param range `4`, `4.1`, `4.1.3`, each also with `^` or `~`, `*`, `latest`.
 * @returns undefined if the range has another form.
 */
export function isInRange(version: string, range: string): boolean | undefined {
  if (range === "*" || range === "latest") return true;
  const parsed = /^([\^~]?)v?(\d{1,9})(?:\.(\d{1,9}|x))?(?:\.(\d{1,9}|x))?(-[\w.-]+)?$/.exec(range);
  if (parsed === null) return undefined;
  const [, sign, ...texts] = parsed;
  if (texts[3] !== undefined) return sign === "" ? version === range : undefined;
  const wanted = texts.slice(0, 3).filter((text) => text !== undefined && text !== "x").map(Number);
  const [release, prerelease] = splitVersion(version);
  // A prerelease matches only if the range names it.
  if (prerelease !== "") return false;
  const fixed = sign === "^"
    ? Math.min(wanted.length, 1 + Math.max(0, wanted.findIndex((each) => each > 0)))
    : sign === "~"
    ? Math.min(wanted.length, 2)
    : wanted.length;
  if (wanted.slice(0, fixed).some((each, index) => release[index] !== each)) return false;
  for (let index = fixed; index < wanted.length; index++) {
    if (release[index] !== wanted[index]) return release[index]! > wanted[index]!;
  }
  return true;
}

function splitVersion(version: string): [release: number[], prerelease: string] {
  const withoutBuild = version.split("+")[0]!;
  const dash = withoutBuild.indexOf("-");
  const release = dash < 0 ? withoutBuild : withoutBuild.slice(0, dash);
  return [release.split(".").map(Number), dash < 0 ? "" : withoutBuild.slice(dash + 1)];
}
