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
        const { folder, entry } = await packageOf(specifier);
        found.add(folder);
        return { path: entry };
      });
      // What one package takes of another that is its peer.
      build.onResolve({ filter: /^acorn$/ }, async () => {
        const { folder, entry } = await packageOf(await specifierIn("lib/javascript/mod.ts"));
        found.add(folder);
        return { path: entry };
      });
      build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
        if (!isBuiltin(path)) return undefined;
        const name = path.startsWith("node:") ? path : `node:${path}`;
        if (kind !== "require-call") return { path: name, external: true };
        return { path: name, namespace: "builtin" };
      });
      // What packages take of others, by the version that they name.
      build.onResolve({ filter: /^(@nats-io\/|tweetnacl$)/ }, async ({ path, importer }) => {
        const [, name, below] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(path)!;
        const { dependencies } = JSON.parse(
          await Deno.readTextFile(join(await folderAbove(importer), "package.json")),
        );
        const { folder, entry } = await packageOf(`npm:${name}@${dependencies[name!]}${below}`);
        found.add(folder);
        return { path: entry };
      });
      // Packages that are loaded by names which no tool sees: here they are to be seen.
      build.onLoad({ filter: /lib\/.+\/_library\.ts$/ }, async ({ path }) => {
        let contents = await Deno.readTextFile(path);
        for (const [, name, specifier] of contents.matchAll(/^const (\w+) = ("npm:.+");$/gm)) {
          contents = contents.replace(`import(${name})`, `import(${specifier})`);
        }
        return { contents, loader: "ts" };
      });
      build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
        contents: `module.exports = globalThis.process.getBuiltinModule(${JSON.stringify(path)});`,
      }));
    },
  };
}

/** The package that a module of ours names. */
async function specifierIn(module: string): Promise<string> {
  return /"(npm:[^"]+)"/.exec(await Deno.readTextFile(join(root, module)))![1]!;
}

/** A package's folder, of those that `deno` has fetched, and its main module. */
export async function packageOf(specifier: string): Promise<{ folder: string; entry: string }> {
  const resolved = fileURLToPath(import.meta.resolve(specifier));
  const folder = await folderAbove(resolved);
  // Of a part of a package, the runtime says which file it is.
  if (/@[\d.]+\/./.test(specifier)) return { folder, entry: resolved };
  const { exports, main } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  return { folder, entry: join(folder, entryIn(exports?.["."]) ?? main) };
}

/** The folder of the package that a file belongs to. */
async function folderAbove(file: string): Promise<string> {
  let folder = dirname(file);
  while (!await isFile(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** A module for any platform, out of the choice that a package.json gives: for `import` before any other. */
function entryIn(choice: unknown): string | undefined {
  if (typeof choice === "string" || choice === undefined) return choice;
  if (Array.isArray(choice)) return entryIn(choice[0]);
  const conditions = choice as Record<string, unknown>;
  return entryIn(conditions.import ?? conditions.default);
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
