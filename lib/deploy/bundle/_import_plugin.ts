/**
 * The plugin that feeds sources to esbuild. It alone decides what may be imported, reads every file through `Sources`,
 * and names files by their path from the folder of init.yaml, package files by name and version. So nothing else near
 * the sources (a tsconfig.json, the folder's name) can affect a bundle.
 */
import { nearest } from "../../config/mod.ts";
import { limits } from "../../limits/mod.ts";
import { posix } from "node:path";
import type { EsbuildPartialMessage, EsbuildPlugin } from "./_esbuild.ts";
import { packageModule } from "./_import_graph.ts";
import { refusalOf, refuse } from "./_import_refusals.ts";
import { type ImportMap, mapped, parseImportMap } from "../packages/import_map.ts";
import {
  type ImportKind,
  type PackageFile,
  PackageResolver,
  type Resolution,
} from "../packages/resolve.ts";
import { isSourceName, loaderOf, type Sources } from "./sources.ts";

/** The namespace of sources in esbuild, which prefixes their paths in its output. */
export const sourceNamespace = "script";
/** The namespaces of package files, of empty modules, and of modules that throw when loaded. */
export const packageNamespace = "npm";
const nothingNamespace = "nothing";
const missingNamespace = "missing";

/** The plugin's answer to an import. */
type Outcome =
  | { readonly errors: EsbuildPartialMessage[] }
  | { readonly path: string; readonly namespace: string; readonly sideEffects?: boolean };

/** Resolves the imports of one build. */
export class ImportPlugin {
  readonly #sources: Sources;
  readonly #entries: readonly string[];
  readonly #resolver: PackageResolver;
  readonly #modules = new Map<string, PackageFile>();
  #map: Promise<{ readonly file: string; readonly map: ImportMap } | undefined> | undefined;
  /** Why a package's `require` cannot be resolved, by importer and specifier; the failure may be intended. */
  readonly refusedRequires = new Map<string, EsbuildPartialMessage>();

  /** @param entries The scripts; entry point `script-3` is the fourth. */
  constructor(sources: Sources, entries: readonly string[]) {
    this.#sources = sources;
    this.#entries = entries;
    this.#resolver = new PackageResolver(sources, sources.packages);
  }

  plugin(): EsbuildPlugin {
    return {
      name: "farcall",
      setup: (build) => {
        build.onResolve({ filter: /.*/ }, (question) => {
          const { path, importer, kind, namespace, with: attributes } = question;
          if (kind === "entry-point") {
            const index = Number(posix.basename(path).slice(entryPrefix.length));
            return { path: this.#entries[index], namespace: sourceNamespace };
          }
          return namespace === packageNamespace
            ? this.#fromPackage(path, importer, kind)
            : this.#fromSource(path, importer, { kind, attributes });
        });
        build.onLoad({ filter: /.*/, namespace: sourceNamespace }, async (question) => {
          const { path, with: { type } } = question;
          if (type === "bytes") {
            const source = await this.#sources.readBytes(path);
            if ("problem" in source) return { errors: [{ text: `"${path}" ${source.problem}` }] };
            return { contents: source.bytes, loader: "binary" };
          }
          const source = await this.#sources.read(path);
          if ("problem" in source) return { errors: [{ text: `"${path}" ${source.problem}` }] };
          const loader = type === "text" ? "text" : loaderOf(path) ?? "ts";
          return { contents: source.text, loader };
        });
        build.onLoad({ filter: /.*/, namespace: packageNamespace }, async ({ path }) => {
          const file = this.#modules.get(path)!;
          const source = await this.#sources.read(posix.join(file.package.location, file.path));
          if ("problem" in source) return { errors: [{ text: `"${path}" ${source.problem}` }] };
          return { contents: source.text, loader: loaderOf(path) ?? "js" };
        });
        build.onLoad({ filter: /.*/, namespace: nothingNamespace }, () => {
          return { contents: "module.exports = {};", loader: "js" };
        });
        build.onLoad({ filter: /.*/, namespace: missingNamespace }, ({ path }) => {
          return { contents: `throw new Error(${JSON.stringify(path)});`, loader: "js" };
        });
      },
    };
  }

  /** An import by a project file. */
  async #fromSource(
    specifier: string,
    importer: string,
    { kind, attributes }: { kind: string; attributes: Record<string, string> },
  ): Promise<Outcome> {
    const refused = refusalOf(specifier, kind, attributes);
    if (refused !== undefined) return { errors: [refused] };
    const isRelative = /^\.\.?\//.test(specifier);
    const mappedTo = isRelative ? undefined : await this.#mapped(specifier, importer);
    const meant = mappedTo?.specifier ?? specifier;
    const refusedMeant = mappedTo && refusalOf(meant, kind, attributes);
    if (refusedMeant !== undefined) return { errors: [refusedMeant] };
    if (/^\.\.?\//.test(meant)) {
      const from = mappedTo?.file ?? importer;
      return await this.#file(specifier, posix.join(posix.dirname(from), meant), {
        importer,
        type: attributes.type,
      });
    }
    const folder = posix.dirname(importer);
    const found = await this.#resolver.resolveName(meant, { folder, kind: "import" });
    return this.#outcome(found, specifier, importer);
  }

  /** An import by a package file. */
  async #fromPackage(
    specifier: string,
    importer: string,
    kind: string,
  ): Promise<Outcome | undefined> {
    const from = this.#modules.get(importer)!;
    const importKind: ImportKind = kind.startsWith("require") ? "require" : "import";
    const found = await this.#resolver.resolveFrom(specifier, from, importKind);
    if (found !== "nothing" && "refusal" in found) {
      const text = `cannot import "${specifier}": ${found.refusal}`;
      // The failure may be intended. esbuild reports it itself, except inside a try, where it is expected.
      if (importKind === "require") {
        this.refusedRequires.set(`${importer}\0${specifier}`, refuse(text, found.hint));
        return undefined;
      }
      if (kind === "dynamic-import") {
        return { path: text, namespace: missingNamespace, sideEffects: true };
      }
    }
    return this.#outcome(found, specifier, packageModule(importer));
  }

  #outcome(found: Resolution, specifier: string, importer: string): Outcome {
    if (found === "nothing") return { path: "nothing", namespace: nothingNamespace };
    if ("refusal" in found) {
      return { errors: [refuse(`cannot import "${specifier}": ${found.refusal}`, found.hint)] };
    }
    const { package: { id, location }, path, hasSideEffects } = found;
    const name = `${id}/${path}`;
    this.#modules.set(name, found);
    this.#sources.addPackageFile(location, path);
    this.#sources.addToPackage(packageModule(name), found.package);
    this.#sources.graph.add(importer, packageModule(name), specifier);
    return { path: name, namespace: packageNamespace, sideEffects: hasSideEffects };
  }

  /** A project file imported by path. */
  async #file(
    specifier: string,
    path: string,
    { importer, type }: { importer: string; type?: string },
  ): Promise<Outcome> {
    const imported = await this.#typed(path) ?? path;
    const source = type === "bytes"
      ? await this.#sources.readBytes(imported)
      : await this.#sources.read(imported);
    if ("problem" in source) {
      const hint = await this.#meantBy(specifier, path);
      return { errors: [refuse(`cannot import "${specifier}": it ${source.problem}`, hint)] };
    }
    this.#sources.graph.add(importer, imported, specifier);
    // The record has one hash regardless of line endings, so a file imported as bytes must be bundled every time.
    if (type === "bytes" && isSourceName(imported)) this.#sources.graph.addUnrecorded(imported);
    return { path: imported, namespace: sourceNamespace };
  }

  /** The source behind a `.js` specifier: TypeScript files are imported by their output's name. */
  async #typed(path: string): Promise<string | undefined> {
    if (!/\.m?js$/.test(path) || await this.#sources.kindOf(path) !== undefined) return undefined;
    const typed = path.replace(/js$/, "ts");
    return await this.#sources.kindOf(typed) === "file" ? typed : undefined;
  }

  /** The import map's target of a name, and the map's file. */
  async #mapped(
    specifier: string,
    importer: string,
  ): Promise<{ specifier: string; file: string } | undefined> {
    this.#map ??= this.#readMap();
    const found = await this.#map;
    if (found === undefined) return undefined;
    const { file, map } = found;
    this.#sources.graph.add(importer, file);
    const meant = mapped(map, specifier);
    return meant === undefined ? undefined : { specifier: meant, file };
  }

  async #readMap(): Promise<{ file: string; map: ImportMap } | undefined> {
    for (const folder of this.#sources.searchedFrom(".")) {
      for (const name of ["deno.json", "deno.jsonc"]) {
        const file = posix.join(folder, name);
        if (await this.#sources.kindOf(file) !== "file") continue;
        const map = parseImportMap(await this.#sources.textOf(file) ?? "");
        return { file, map: map ?? {} };
      }
    }
    return undefined;
  }

  /** The specifier that was probably meant by one that matches no file. */
  async #meantBy(specifier: string, path: string): Promise<string | undefined> {
    const names: string[] = [];
    const folder = this.#sources.absolute(posix.dirname(path));
    try {
      for await (const { name, isDirectory } of Deno.readDir(folder)) {
        if (!isDirectory && names.push(name) >= limits.namesReadMax) break;
      }
    } catch {
      return undefined;
    }
    const base = posix.basename(path);
    if (names.includes(base)) return undefined;
    const stem = base.slice(0, base.length - posix.extname(base).length);
    const others = [".ts", ".mts", ".js", ".mjs", ".json"]
      .flatMap((extension) => [base + extension, stem + extension]);
    const meant = others.find((name) => names.includes(name)) ?? nearest(base, names.sort());
    if (meant === undefined) return undefined;
    return `did you mean "${specifier.slice(0, specifier.length - base.length)}${meant}"?`;
  }
}

const entryPrefix = "script-";

/** The entry point of a script: an opaque name, because esbuild treats a `*` in a path as a pattern. */
export function entryPoint(index: number): string {
  return `${entryPrefix}${index}`;
}

/** A source in a source map, as stacks show it: a path from the folder of init.yaml, or `npm:zod@4.6.7/index.js`. */
export function shownSource(source: string): string {
  const prefix = `${sourceNamespace}:`;
  const shown = source.startsWith(prefix) ? source.slice(prefix.length) : source;
  // It goes into logs.
  return shown.replace(/\p{Cc}/gu, "?");
}
