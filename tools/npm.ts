/**
 * Writes the npm package `farcall` into dist/npm: `deno task npm`. Its modules are the callers' rooms of this
 * repository, bundled for Node.js, with npm/deno_api.ts in place of Deno; its types come from the same sources.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "npm:typescript@5.9.3";
import { printNote } from "../cli/output.ts";
import { messageOf } from "../lib/errors/mod.ts";
import { type EsbuildMetafile, withEsbuild } from "../lib/deploy/bundle/_esbuild.ts";
import { licencesOf, packagePlugin } from "./packages.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Modules that the package replaces by its own. */
const counterparts: readonly [module: RegExp, counterpart: string][] = [
  [/\/config\/checked_models\.ts$/, "npm/checked_models.ts"],
  [/\/packed\/source_stack\.ts$/, "npm/source_stack.ts"],
];

/** Writes the package's modules. @returns Their inputs. @param packages Receives the folders of bundled packages. */
export async function writeModules(
  folder: string,
  packages: Set<string>,
): Promise<EsbuildMetafile> {
  const { metafile } = await withEsbuild((esbuild) =>
    esbuild.build({
      entryPoints: [join(root, "npm/mod.ts"), join(root, "npm/main.ts")],
      outdir: folder,
      entryNames: "[name]",
      chunkNames: "parts/[name]-[hash]",
      absWorkingDir: root,
      bundle: true,
      splitting: true,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "node22",
      charset: "utf8",
      // Names stay, because stacks show them.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
      inject: [join(root, "npm/deno_api.ts")],
      plugins: [packagePlugin(packages), {
        name: "counterparts",
        setup(build) {
          for (const [module, counterpart] of counterparts) {
            const path = join(root, counterpart);
            build.onResolve({ filter: module }, () => ({ path }));
          }
        },
      }],
      tsconfigRaw: {},
    })
  );
  return metafile;
}

/** Writes the package into a folder. */
export async function writePackage(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const packages = new Set<string>();
  await writeModules(folder, packages);
  writeTypes(join(folder, "types"));
  const { version, license } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const manifest = {
    name: "farcall",
    version,
    description: "Call typed functions on a fleet of machines as if they were local",
    license,
    type: "module",
    engines: { node: ">=22" },
    exports: { ".": { types: "./types/npm/mod.d.ts", default: "./mod.js" } },
    types: "./types/npm/mod.d.ts",
    bin: { farcall: "main.js" },
    sideEffects: false,
  };
  await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  await Deno.copyFile(join(root, "npm/README.md"), join(folder, "README.md"));
  await Deno.writeTextFile(join(folder, "LICENSE"), await licencesOf([...packages].sort()));
}

/** Types for `using`, which not every target of tsc has. */
const disposableTypes = '/// <reference lib="esnext.disposable" />\n';

/** The declarations of everything that a program may see. */
function writeTypes(folder: string): void {
  const options: ts.CompilerOptions = {
    rootDir: root,
    outDir: folder,
    declaration: true,
    emitDeclarationOnly: true,
    noCheck: true,
    stripInternal: true,
    strict: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    types: [],
  };
  const program = ts.createProgram([join(root, "npm/mod.ts")], options);
  program.emit(undefined, (path, text) => {
    Deno.mkdirSync(dirname(path), { recursive: true });
    const isFace = path.endsWith("/npm/mod.d.ts");
    const written = text
      // They import declarations, too.
      .replaceAll(/(["']\.{1,2}\/[^"']*)\.ts(["'])/g, "$1.js$2")
      // Deno's own types are in modules that callers do not import.
      .replaceAll(/\bDeno\.\w+(?:<[^<>]*>)?/g, "unknown");
    Deno.writeTextFileSync(path, (isFace ? disposableTypes : "") + written);
  });
}

if (import.meta.main) {
  try {
    await writePackage(join(root, "dist/npm"));
  } catch (error) {
    printNote(`cannot write the package: ${messageOf(error)}`);
    Deno.exit(1);
  }
}
