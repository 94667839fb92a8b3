/** Bundles a checkout's modules into the files of lib/files/built_file.ts. */
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type EsbuildPlugin, withEsbuild } from "../lib/deploy/bundle/_esbuild.ts";
import { type BuiltName, type Sources, stampOf } from "../lib/files/built_file.ts";
import { scriptIdOf } from "../lib/identity/mod.ts";
import { packagePlugin } from "./packages.ts";

const root = new URL("../", import.meta.url);

/** The module that each is made of, with all that it imports. */
const entries: Readonly<Record<BuiltName, string>> = {
  farcall: "cli/main.ts",
  executor: "lib/executor/sandbox/child.ts",
  granted_executor: "lib/executor/sandbox/granted_child.ts",
  helper: "lib/helper/child.ts",
};

/** How many folders of the command line's modules are kept: a node reads some of them long after its start. */
const foldersMax = 8;

/** Writes a file. @param target Where to; it is there as a whole, or not at all. */
export async function writeBuiltFile(name: BuiltName, target: URL): Promise<void> {
  await Deno.mkdir(new URL("./", target), { recursive: true });
  // Alone, the command line is split: a command reads what it needs.
  const folder = name === "farcall" ? new URL("farcall-unfinished/", target) : undefined;
  const { sources, files } = await bundle(name, folder ?? new URL("./", target));
  const text = folder === undefined ? files[0]!.text : await writeSplit(files, target);
  const temporary = new URL(`${target.href}.${crypto.randomUUID()}`);
  await Deno.writeTextFile(temporary, `// ${JSON.stringify(sources satisfies Sources)}\n${text}`);
  await Deno.rename(temporary, target);
}

/** What the bundler has made. */
interface MadeFile {
  readonly path: string;
  readonly text: string;
}

async function bundle(
  name: BuiltName,
  outdir: URL,
): Promise<{ sources: Sources; files: readonly MadeFile[] }> {
  // As the bundler names it, which follows symbolic links.
  const folder = await Deno.realPath(root);
  const entry = `${folder}/${entries[name]}`;
  const sources: Record<string, string> = {};
  const { outputFiles } = await withEsbuild((esbuild) =>
    esbuild.build({
      absWorkingDir: folder,
      entryPoints: [entry],
      outdir: fileURLToPath(outdir),
      bundle: true,
      splitting: name === "farcall",
      write: false,
      format: "esm",
      platform: "neutral",
      target: "es2024",
      charset: "ascii",
      minifyWhitespace: true,
      tsconfigRaw: {},
      plugins: [
        sourcesPlugin({ folder, outdir, entry: name === "farcall" ? undefined : entry }, sources),
        packagePlugin(new Set()),
      ],
    })
  );
  return { sources, files: outputFiles };
}

/** Puts the command line's modules into a folder of their own, which never changes. @returns What loads them. */
async function writeSplit(files: readonly MadeFile[], target: URL): Promise<string> {
  const hash = await scriptIdOf(
    new Uint8Array(await new Blob(files.map(({ text }) => text)).arrayBuffer()),
  );
  const prefix = "farcall-";
  const folder = new URL(`${prefix}${hash.slice(0, 16)}/`, target);
  const temporary = new URL(`.${crypto.randomUUID()}/`, target);
  await Deno.mkdir(temporary);
  for (const { path, text } of files) {
    await Deno.writeTextFile(new URL(nameOf(path), temporary), text);
  }
  // It may be there already, from modules with other times.
  await Deno.rename(temporary, folder).catch(() => Deno.remove(temporary, { recursive: true }));
  await removeOldest(new URL("./", target), prefix);
  return `export { main } from "./${prefix}${hash.slice(0, 16)}/main.js";\n`;
}

async function removeOldest(parent: URL, prefix: string): Promise<void> {
  const folders: { url: URL; ms: number }[] = [];
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    if (!isDirectory || !name.startsWith(prefix)) continue;
    const url = new URL(name, parent);
    folders.push({ url, ms: (await Deno.stat(url)).mtime!.getTime() });
  }
  folders.sort((a, b) => b.ms - a.ms);
  for (const { url } of folders.slice(foldersMax)) await Deno.remove(url, { recursive: true });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

interface Places {
  readonly folder: string;
  /** Where the bundled modules will lie, or beside it. */
  readonly outdir: URL;
  /** The module that is run as the program; undefined if another imports it. */
  readonly entry: string | undefined;
}

/**
 * Notes the modules, and lets each know where it came from, whatever it is bundled into.
 *
 * @param sources Gets the modules.
 */
function sourcesPlugin({ folder, outdir, entry }: Places, sources: Record<string, string>) {
  const plugin: EsbuildPlugin = {
    name: "sources",
    setup: (build) => {
      // It finds its own program by its place.
      build.onResolve({ filter: /^npm:esbuild@/ }, ({ path }) => ({ path, external: true }));
      build.onLoad({ filter: /.*/, namespace: "file" }, async ({ path }) => {
        const name = relative(folder, path);
        // A package of one version stays what it is.
        if (name.startsWith("..")) return undefined;
        // Before it is read: where it changes meanwhile, the file is outdated.
        sources[name] = stampOf(pathToFileURL(path));
        const text = await Deno.readTextFile(path);
        if (!/\bimport\.meta\b/.test(text)) return undefined;
        const own = `new URL(${
          JSON.stringify(relative(fileURLToPath(outdir), path))
        }, import.meta.url)`;
        const contents = text.replaceAll(
          /(?<!")\bimport\.meta\.(?:(main)\b|(url)\b|resolve\(([^()]+)\))/g,
          (found, main, url, specifier) => {
            if (main !== undefined) return path === entry ? found : "false";
            return url !== undefined ? `${own}.href` : `new URL(${specifier}, ${own}).href`;
          },
        );
        return { contents, loader: "ts" };
      });
    },
  };
  return plugin;
}
