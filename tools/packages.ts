/** The npm packages bundled into builds, and their licences. */
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EsbuildPlugin } from "../lib/deploy/bundle/_esbuild.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Finds packages in Deno's cache, and gives CommonJS packages the runtime's own modules.
 *
 * @param found Receives the folders of the packages used.
 */
export function packagePlugin(found: Set<string>): EsbuildPlugin {
  return {
    name: "packages",
    setup: (build) => {
      build.onResolve({ filter: /^npm:/ }, async ({ path: specifier }) => {
        // One that was not fetched yet is not found.
        const { folder, entry } = await packageOf(specifier).catch(async () => {
          await import(specifier);
          return await packageOf(specifier);
        });
        found.add(folder);
        return { path: entry };
      });
      // Dependencies between packages.
      build.onResolve({ filter: bareName }, async ({ path, importer }) => {
        if (isBuiltin(path) || importer === "") return undefined;
        if (path === runtimeShims) return { path, namespace: "shims" };
        const dependency = await dependencyOf(importer, path);
        if (dependency === undefined) return undefined;
        found.add(dependency.folder);
        return { path: dependency.entry };
      });
      build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
        if (!isBuiltin(path)) return undefined;
        const name = path.startsWith("node:") ? path : `node:${path}`;
        if (kind !== "require-call") return { path: name, external: true };
        return { path: name, namespace: "builtin" };
      });
      // Packages that are loaded by names which tools cannot see: here they must be visible.
      build.onLoad({ filter: /lib\/.+\/_library\.ts$/ }, async ({ path }) => {
        let contents = await Deno.readTextFile(path);
        for (const [, name, specifier] of contents.matchAll(/^const (\w+) = ("npm:.+");$/gm)) {
          // So that they are fetched with their dependencies.
          await import(JSON.parse(specifier!));
          contents = contents.replace(`import(${name})`, `import(${specifier})`);
        }
        return { contents, loader: "ts" };
      });
      build.onLoad({ filter: /.*/, namespace: "shims" }, () => ({ contents: shims, loader: "js" }));
      build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
        contents: `module.exports = globalThis.process.getBuiltinModule(${JSON.stringify(path)});`,
      }));
    },
  };
}

/** A package's name, with or without a path after it: not a file, nor a module of the runtime. */
const bareName = /^(@[\w.-]+\/)?[a-zA-Z][\w.-]*(\/|$)/;

/** The Model Context Protocol library's runtime interface, without its validator, which generates code from strings. */
const runtimeShims = "@modelcontextprotocol/server/_shims";
const shims = `export { default as process } from "node:process";
export class DefaultJsonSchemaValidator {}`;

/** A package's modules, from those that `deno` has fetched. */
interface FoundPackage {
  readonly folder: string;
  /** The named module. */
  readonly entry: string;
}

/** A package's folder, and its main module or another one: `npm:zod@4.6.7`, `npm:zod@4.6.7/v4`. */
export async function packageOf(specifier: string): Promise<FoundPackage> {
  const folder = await folderOf(fileURLToPath(import.meta.resolve(specifier)));
  const [, path = ""] = /^npm:@?[^@]+@[^/]+(?:\/(.+))?$/.exec(specifier)!;
  return { folder, entry: await entryIn(folder, path) };
}

/** A package that another package imports, in the version of the lock file; undefined if the lock file has none. */
async function dependencyOf(importer: string, name: string): Promise<FoundPackage | undefined> {
  const own = await manifestIn(await folderOf(importer));
  const [, dependency, path = ""] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.+))?$/.exec(name)!;
  const lock = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
  const versions = Object.keys(lock.npm).filter((key) => key.startsWith(`${dependency}@`))
    .map((key) => key.slice(dependency!.length + 1).split("_")[0]!);
  const [version, another] = versions;
  if (version === undefined) return undefined;
  if (another !== undefined) {
    throw new Error(`${own.name} imports "${name}", of which deno.lock has ${versions.join(", ")}`);
  }
  // Deno's cache: a folder per package, with a folder per version.
  const cache = join(await folderOf(importer), ...own.name!.split("/").map(() => ".."), "..");
  const folder = join(cache, dependency!, version);
  return { folder, entry: await entryIn(folder, path) };
}

async function folderOf(module: string): Promise<string> {
  let folder = dirname(module);
  // Some packages have more of these below, without a name.
  while ((await manifestIn(folder)).name === undefined) folder = dirname(folder);
  return folder;
}

async function manifestIn(
  folder: string,
): Promise<{ name?: string; exports?: Record<string, unknown>; main?: string }> {
  const path = join(folder, "package.json");
  return await isFile(path) ? JSON.parse(await Deno.readTextFile(path)) : {};
}

async function entryIn(folder: string, path: string): Promise<string> {
  const { exports, main } = await manifestIn(folder);
  return join(folder, chosen(exports?.[path === "" ? "." : `./${path}`]) ?? main!);
}

/** A platform-independent module from a package.json's conditions, preferably for `import`. */
function chosen(choice: unknown): string | undefined {
  if (typeof choice === "string" || choice === undefined) return choice;
  if (Array.isArray(choice)) return chosen(choice[0]);
  const conditions = choice as Record<string, unknown>;
  return chosen(conditions.import ?? conditions.default);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

/** The licences to distribute: farcall's own, and those of the packages in these folders. */
export async function licencesOf(folders: readonly string[]): Promise<string> {
  const texts: [name: string, text: string][] = [[
    "farcall",
    await Deno.readTextFile(join(root, "LICENSE")),
  ]];
  for (const folder of folders) {
    const { name, version } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
    const file = Array.from(Deno.readDirSync(folder), ({ name }) => name)
      .find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`no licence was found in "${folder}"`);
    texts.push([`${name} ${version}`, await Deno.readTextFile(join(folder, file))]);
  }
  return texts.map(([name, text]) => `${name}\n\n${text.trim()}\n`).join("\n\n");
}
