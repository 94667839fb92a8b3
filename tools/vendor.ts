/**
 * Writes lib/vendor/: `deno task vendor`. The packages that the library's own modules use, each as one module.
 *
 * In a folder with a package.json the runtime finds no package of npm's that is not named there, and tells so to
 * whoever runs or type-checks a program that imports the library. A module of our own it finds anywhere.
 */
import { join } from "node:path";
import { type EsbuildPlugin, withEsbuild } from "../lib/deploy/bundle/_esbuild.ts";
import { packageOf } from "./packages.ts";

interface Vendored {
  /** Named here alone, and nowhere in the product. */
  readonly specifier: string;
  /** A module of the package, from its folder. */
  readonly entry: string;
  readonly used: readonly string[];
  /** The file of its types, from its folder; undefined where ours has only those that are used. */
  readonly types?: string;
  /** Default: `LICENSE`. */
  readonly licence?: string;
}

const packages: Readonly<Record<string, Vendored>> = {
  acorn: {
    specifier: "npm:acorn@8.19.0",
    entry: "dist/acorn.mjs",
    used: ["getLineInfo", "Parser"],
    types: "dist/acorn.d.mts",
  },
  acorn_typescript: {
    specifier: "npm:@sveltejs/acorn-typescript@1.0.13",
    entry: "index.js",
    used: ["tsPlugin"],
    licence: "LICENSE.md",
  },
  yaml: {
    specifier: "npm:yaml@2.9.1",
    // Its side for Node asks for the environment.
    entry: "browser/index.js",
    used: ["Composer", "Parser", "isAlias", "isMap", "isScalar", "isSeq"],
  },
};

const folder = new URL("../lib/vendor/", import.meta.url);

/** One that is vendored uses another by its module here. */
const among: EsbuildPlugin = {
  name: "among",
  setup: (build) => {
    build.onResolve({ filter: /^\w+$/ }, ({ path }) => {
      return Object.hasOwn(packages, path) ? { path: `./${path}.js`, external: true } : undefined;
    });
  },
};

/** The files that are written, by their names. */
export async function vendoredFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [name, { specifier, entry, used, types, licence }] of Object.entries(packages)) {
    const { folder: source } = await packageOf(specifier);
    const typesName = `${name}.d.${types === undefined ? "ts" : "mts"}`;
    const { outputFiles: [bundle] } = await withEsbuild((esbuild) =>
      esbuild.build({
        stdin: { contents: `export { ${used.join(", ")} } from "./${entry}";`, resolveDir: source },
        bundle: true,
        write: false,
        format: "esm",
        platform: "neutral",
        plugins: [among],
        target: "es2022",
        charset: "utf8",
        legalComments: "none",
        minifyWhitespace: true,
        minifySyntax: true,
        lineLimit: 120,
        tsconfigRaw: {},
        banner: {
          js: `// @ts-self-types="./${typesName}"\n// What is used of ${specifier}, written by ` +
            `"deno task vendor". Its licence is in ${name}.LICENSE.`,
        },
      })
    );
    files.set(`${name}.js`, bundle.text);
    files.set(`${name}.LICENSE`, await Deno.readTextFile(join(source, licence ?? "LICENSE")));
    if (types !== undefined) files.set(typesName, await Deno.readTextFile(join(source, types)));
  }
  return files;
}

if (import.meta.main) {
  for (const [name, text] of await vendoredFiles()) {
    await Deno.writeTextFile(new URL(name, folder), text);
  }
}
