/** The packages of npm's that are bundled into what is built, and their licences. */
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EsbuildPlugin } from "../lib/deploy/bundle/_esbuild.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Finds packages where `deno` keeps them, and gives those that are CommonJS the runtime's own modules.
 *
 * @param found Gets the folders of the packages that were needed.
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
      // What one package takes of another.
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
      // Packages that are loaded by names which no tool sees: here they are to be seen.
      build.onLoad({ filter: /lib\/.+\/_library\.ts$/ }, async ({ path }) => {
        let contents = await Deno.readTextFile(path);
        for (const [, name, specifier] of contents.matchAll(/^const (\w+) = ("npm:.+");$/gm)) {
          // So that they are fetched, and what they take of others.
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

/** A package by its name, with a path behind it or none: no file, and no module of the runtime's or npm's. */
const bareName = /^(@[\w.-]+\/)?[a-zA-Z][\w.-]*(\/|$)/;

/** What the library of the Model Context Protocol takes from the runtime: with no validator, which is code from strings. */
const runtimeShims = "@modelcontextprotocol/server/_shims";
const shims = `export { default as process } from "node:process";
export class DefaultJsonSchemaValidator {}`;

/** The modules of a package, of those that `deno` has fetched. */
interface FoundPackage {
  readonly folder: string;
  /** The module that was named. */
  readonly entry: string;
}

/** A package's folder, and its main module or another one: `npm:zod@4.6.7`, `npm:zod@4.6.7/v4`. */
export async function packageOf(specifier: string): Promise<FoundPackage> {
  const folder = await folderOf(fileURLToPath(import.meta.resolve(specifier)));
  const [, path = ""] = /^npm:@?[^@]+@[^/]+(?:\/(.+))?$/.exec(specifier)!;
  return { folder, entry: await entryIn(folder, path) };
}

/** A package that a package's module imports, in the version that the lock file says; undefined where it says none. */
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
  // The cache of `deno`: a folder a package, in it a folder a version.
  const cache = join(await folderOf(importer), ...own.name!.split("/").map(() => ".."), "..");
  const folder = join(cache, dependency!, version);
  return { folder, entry: await entryIn(folder, path) };
}

async function folderOf(module: string): Promise<string> {
  let folder = dirname(module);
  // Some packages have more of these below, which name nothing.
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

/** A module for any platform, out of the choice that a package.json gives: for `import` before any other. */
function chosen(choice: unknown): string | undefined {
  if (typeof choice === "string" || choice === undefined) return choice;
  if (Array.isArray(choice)) return chosen(choice[0]);
  const conditions = choice as Record<string, unknown>;
  return chosen(conditions.import ?? conditions.default);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

/** What every copy of packages has to have with it: farcall's own licence, and those of the packages in these folders. */
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
