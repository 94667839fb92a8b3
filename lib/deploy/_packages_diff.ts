/** Compares the npm packages that two manifests' scripts were bundled from. Pure. */
import type { Manifest, ManifestPackage } from "../manifest/mod.ts";

/** A package in a plan. */
export type PlannedPackage = Pick<ManifestPackage, "name" | "version" | "integrity">;

/** The packages in a manifest's scripts, each version once, by name. */
export function packagesOf(manifest: Manifest | undefined): PlannedPackage[] {
  const found = new Map<string, PlannedPackage>();
  for (const { package: from } of manifest?.sources?.files ?? []) {
    if (from === undefined) continue;
    const { name, version, integrity } = from;
    found.set(textOf(from), { name, version, ...(integrity && { integrity }) });
  }
  return [...found.keys()].sort().map((key) => found.get(key)!);
}

/** Added, removed and updated packages: `+ zod 4.1.3 (sha512-AbCdEfGh…)`, `ms 2.1.2 → 2.1.3`. */
export function packageChanges(before: Manifest | undefined, after: Manifest): string[] {
  const [had, has] = [packagesOf(before), packagesOf(after)];
  const isIn = (all: readonly PlannedPackage[], one: PlannedPackage) =>
    all.some((other) => textOf(other) === textOf(one));
  const gone = had.filter((each) => !isIn(has, each));
  const come = has.filter((each) => !isIn(had, each));
  const changes = come.map((each) => {
    const same = gone.filter(({ name }) => name === each.name);
    const isOnly = same.length === 1 && come.filter(({ name }) => name === each.name).length === 1;
    if (!isOnly) return `+ ${textOf(each)}`;
    gone.splice(gone.indexOf(same[0]!), 1);
    return `${same[0]!.name} ${same[0]!.version} → ${textOf(each).slice(each.name.length + 1)}`;
  });
  return [...changes, ...gone.map(({ name, version }) => `- ${name} ${version}`.trimEnd())];
}

/** Characters of an integrity hash that are shown: enough to compare by eye. */
const integrityShownLength = 15;

function textOf({ name, version, integrity }: PlannedPackage): string {
  const shown = integrity === undefined
    ? ""
    : ` (${integrity.slice(0, integrityShownLength)}${
      integrity.length > integrityShownLength ? "…" : ""
    })`;
  return `${name} ${version}`.trimEnd() + shown;
}
