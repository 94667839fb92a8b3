/**
 * The import graph. Nodes are project files, by path from the project's folder, and package files, named by
 * `packageModule`.
 */

/** The prefix of packages and their files; no normalized path from a folder begins with it. */
const packagePrefix = "npm://";

/** The name of a package's file, `zod@4.1.3/index.js`, in the graph. */
export function packageModule(name: string): string {
  return packagePrefix + name;
}

/** A whole package in the graph, used if it is unknown which of its files import what. */
export function packageNode(location: string): string {
  return packageModule(`${location}/`);
}

/** The inverse of {@linkcode packageModule}; undefined for a project file. */
export function nameOfModule(module: string): string | undefined {
  return module.startsWith(packagePrefix) ? module.slice(packagePrefix.length) : undefined;
}

/** The graph of one run. */
export class ImportGraph {
  /** By importer: each import, with the specifier used. */
  readonly #imports = new Map<string, Map<string, string>>();
  readonly #unrecorded = new Set<string>();

  /** Notes that a source imports another. */
  add(importer: string, imported: string, specifier = ""): void {
    const imports = this.#imports.get(importer) ?? new Map<string, string>();
    this.#imports.set(importer, imports);
    if (!imports.has(imported)) imports.set(imported, specifier);
  }

  /** The direct imports of a source, as far as known, sorted. */
  importsOf(source: string): string[] {
    return [...this.#imports.get(source)?.keys() ?? []].sort();
  }

  /** The specifier by which a source names an import. */
  specifierOf(importer: string, imported: string): string {
    return this.#imports.get(importer)?.get(imported) ?? "";
  }

  /** A source and its transitive imports, sorted. */
  reachableFrom(source: string): string[] {
    const reached = new Set([source]);
    for (const at of reached) {
      this.#imports.get(at)?.keys().forEach((imported) => reached.add(imported));
    }
    return [...reached].sort();
  }

  /** The shortest path from one source to another, inclusive, if any. */
  chain(from: string, to: string): string[] | undefined {
    const before = new Map<string, string | undefined>([[from, undefined]]);
    for (const at of before.keys()) {
      if (at === to) break;
      for (const next of this.importsOf(at)) if (!before.has(next)) before.set(next, at);
    }
    if (!before.has(to)) return undefined;
    const chain: string[] = [];
    for (let at: string | undefined = to; at !== undefined; at = before.get(at)) chain.unshift(at);
    return chain;
  }

  /** Marks a source whose importers must be bundled every time, e.g. because it has a warning. */
  addUnrecorded(source: string): void {
    this.#unrecorded.add(source);
  }

  /** Whether a source, or anything that it imports, must be bundled every time. */
  isUnrecorded(source: string): boolean {
    return this.#unrecorded.size > 0 &&
      this.reachableFrom(source).some((each) => this.#unrecorded.has(each));
  }
}
