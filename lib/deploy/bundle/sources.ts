/**
 * The plugin that feeds sources to esbuild: it decides alone what may be imported, reads every file
 * itself, and calls files by their path from the folder of init.yaml. So nothing around the sources (a
 * tsconfig.json, a package.json, the name of the folder) can get into a bundle or change it.
 */
import { nearest } from "../../config/mod.ts";
import { messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { scriptIdOf } from "../../identity/mod.ts";
import { posix, relative, resolve, sep } from "node:path";
import type { EsbuildPartialMessage, EsbuildPlugin } from "./_esbuild.ts";

/** The namespace of sources in esbuild; stands before their paths in what it prints. */
export const sourceNamespace = "script";
type Loader = "ts" | "js" | "json";
const loaders: ReadonlyMap<string, Loader> = new Map([
  [".ts", "ts"],
  [".mts", "ts"],
  [".js", "js"],
  [".mjs", "js"],
  [".json", "json"],
]);
/** Whether a file of this name is known to be a source by its extension. */
export function isSourceName(path: string): boolean {
  return loaders.has(posix.extname(path));
}

const extensionsShown = ".ts, .mts, .js, .mjs and .json";

/** A file that was read, or why it could not be. */
export type Source = { readonly text: string } | { readonly problem: string };

/** All sources of one run: each is read once, so that every script of the run sees the same. */
export class Sources {
  readonly #folder: string;
  readonly #reads: Set<string> | undefined;
  readonly #read = new Map<string, Promise<Source>>();
  readonly #hashes = new Map<string, Promise<string | undefined>>();
  readonly #imports = new Map<string, Set<string>>();
  readonly #warned = new Set<string>();
  #freeLanes = limits.filesAtOnceMax;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param folder The absolute path of the folder of init.yaml.
   * @param reads Gets the absolute path of each source that is looked for.
   */
  constructor(folder: string, reads?: Set<string>) {
    this.#folder = folder;
    this.#reads = reads;
  }

  /** Reads a source, by its path from the folder. Never throws. */
  read(path: string): Promise<Source> {
    let source = this.#read.get(path);
    if (source === undefined) {
      this.#reads?.add(resolve(this.#folder, path));
      source = this.#readNow(path);
      this.#read.set(path, source);
    }
    return source;
  }

  /** Lower-case hex SHA-256 of a source's text; undefined where it cannot be read. */
  hashOf(path: string): Promise<string | undefined> {
    let hash = this.#hashes.get(path);
    if (hash === undefined) {
      hash = this.#hashNow(path);
      this.#hashes.set(path, hash);
    }
    return hash;
  }

  /** What a source imports itself, as far as that is known: paths from the folder, sorted. */
  importsOf(path: string): string[] {
    return [...this.#imports.get(path) ?? []].sort();
  }

  /** Notes that a source imports another. */
  addImport(importer: string, imported: string): void {
    const imports = this.#imports.get(importer) ?? new Set();
    this.#imports.set(importer, imports.add(imported));
  }

  /** Notes that something is to be said of a source whenever it is bundled. */
  addWarned(path: string): void {
    this.#warned.add(path);
  }

  /** Whether something is to be said of a source, or of anything that it imports. */
  isWarned(path: string): boolean {
    return this.#warned.size > 0 && this.reachableFrom(path).some((each) => this.#warned.has(each));
  }

  /** The path of a file from the folder, with `/`: what goes into bundles and messages. */
  pathOf(file: string): string {
    return posix.normalize(relative(this.#folder, file).replaceAll(sep, "/"));
  }

  /** The absolute path of a source. */
  absolute(path: string): string {
    return resolve(this.#folder, path);
  }

  /** A source and all that it imports, however far away: paths from the folder, sorted. */
  reachableFrom(path: string): string[] {
    const reached = new Set([path]);
    for (const at of reached) this.#imports.get(at)?.forEach((imported) => reached.add(imported));
    return [...reached].sort();
  }

  /** The plugin for one build. Entry points are given to esbuild as paths from the folder. */
  plugin(): EsbuildPlugin {
    return {
      name: "farcall",
      setup: (build) => {
        build.onResolve({ filter: /.*/ }, async ({ path, importer, kind, with: attributes }) => {
          // esbuild writes "./" before an entry point that is a file.
          if (kind === "entry-point") {
            return { path: posix.normalize(path), namespace: sourceNamespace };
          }
          const refusal = refusalOf(path, kind, attributes);
          if (refusal !== undefined) return { errors: [refusal] };
          const imported = posix.join(posix.dirname(importer), path);
          const source = await this.read(imported);
          if ("problem" in source) {
            const hint = await this.#meantBy(path, imported);
            return { errors: [refuse(`cannot import "${path}": it ${source.problem}`, hint)] };
          }
          this.addImport(importer, imported);
          return { path: imported, namespace: sourceNamespace };
        });
        build.onLoad({ filter: /.*/, namespace: sourceNamespace }, async ({ path }) => {
          const source = await this.read(path);
          if ("problem" in source) return { errors: [{ text: `"${path}" ${source.problem}` }] };
          return { contents: source.text, loader: loaders.get(posix.extname(path)) ?? "ts" };
        });
      },
    };
  }

  async #hashNow(path: string): Promise<string | undefined> {
    const source = await this.read(path);
    if ("problem" in source) return undefined;
    return await scriptIdOf(new TextEncoder().encode(source.text) as Uint8Array<ArrayBuffer>);
  }

  async #readNow(path: string): Promise<Source> {
    if (this.#freeLanes > 0) this.#freeLanes--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const bytes = await Deno.readFile(this.absolute(path));
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      // Which line ends an editor or a checkout writes shall not change a script's id.
      return { text: text.replaceAll("\r\n", "\n") };
    } catch (cause) {
      return { problem: problemOf(cause) };
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#freeLanes++;
      else next();
    }
  }

  /** The specifier that was probably meant by one that leads to no file. */
  async #meantBy(specifier: string, path: string): Promise<string | undefined> {
    const names: string[] = [];
    try {
      for await (const { name, isDirectory } of Deno.readDir(this.absolute(posix.dirname(path)))) {
        if (!isDirectory && names.push(name) >= limits.namesReadMax) break;
      }
    } catch {
      return undefined;
    }
    const base = posix.basename(path);
    const stem = base.slice(0, base.length - posix.extname(base).length);
    const others = [...loaders.keys()].flatMap((extension) => [base + extension, stem + extension]);
    const meant = others.find((name) => names.includes(name)) ?? nearest(base, names.sort());
    if (meant === undefined) return undefined;
    return `did you mean "${specifier.slice(0, specifier.length - base.length)}${meant}"?`;
  }
}

/** Why something may not be imported; undefined where it may. */
function refusalOf(
  specifier: string,
  kind: string,
  attributes: Record<string, string>,
): EsbuildPartialMessage | undefined {
  if (kind === "dynamic-import") return refuse(dynamicImportMessage, dynamicImportHint);
  if (kind !== "import-statement") return refuse(requireMessage, requireHint);
  if (!/^\.\.?\//.test(specifier)) {
    return refuse(
      `cannot import "${specifier}": a script is one file that runs on its own, so only relative ` +
        "imports (./ or ../) are inlined",
      hintFor(specifier),
    );
  }
  const type = attributes.type;
  if (type !== undefined && type !== "json") {
    return refuse(`cannot import "${specifier}" as "${type}"; the one type there is is "json"`);
  }
  const extension = posix.extname(specifier);
  if (extension !== "" && !loaders.has(extension)) {
    return refuse(
      `cannot import "${specifier}": only ${extensionsShown} files can be inlined`,
      "put the data into a .json file, or as a constant into a .ts file",
    );
  }
  return undefined;
}

/** What is said of `import()`. */
export const dynamicImportMessage = "import() is not there when a script runs";
/** What to do instead of `import()`. */
export const dynamicImportHint = "import the file with an import statement at the top";
/** What is said of `require`. */
export const requireMessage = "require is not there when a script runs";
/** What to do instead of `require`. */
export const requireHint = "import the file with an import statement at the top";

function hintFor(specifier: string): string {
  if (specifier.startsWith("node:")) {
    return "use what every browser has (crypto, TextEncoder, URL …), which scripts have too";
  }
  if (/^(npm|jsr|https?):/.test(specifier)) {
    return "copy what you need of it into a file beside this one, and import that";
  }
  if (/^(file:|[/\\]|[A-Za-z]:)/.test(specifier)) {
    return "write the path from this file, beginning with ./ or ../";
  }
  return `a file beside this one is "./${specifier}"; of a package, copy what you need into such a file`;
}

function refuse(text: string, hint?: string): EsbuildPartialMessage {
  return { text, notes: hint === undefined ? [] : [{ text: hint }] };
}

function problemOf(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "does not exist";
  if (cause instanceof TypeError) return "is not UTF-8 text";
  if (cause instanceof Deno.errors.PermissionDenied) return "cannot be read: permission denied";
  if ((cause as { code?: unknown }).code === "EISDIR") return "is a folder, expected a file";
  if ((cause as { code?: unknown }).code === "ENOTDIR") return "does not exist";
  return `cannot be read: ${messageOf(cause)}`;
}
