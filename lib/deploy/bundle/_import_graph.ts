/** What imports what: files of the project by their paths from its folder, files of packages as `packageModule` names them. */

/** Stands before what is a file of a package, or a package; no path from a folder, normalized, begins so. */
const packagePrefix = "npm://";

/** The name of a package's file, `zod@4.1.3/index.js`, in the graph. */
export function packageModule(name: string): string {
  return packagePrefix + name;
}

/** A package as a whole in the graph, where it is not known which of its files import what. */
export function packageNode(location: string): string {
  return packageModule(`${location}/`);
}

/** The other way round; undefined for a file of the project. */
export function nameOfModule(module: string): string | undefined {
  return module.startsWith(packagePrefix) ? module.slice(packagePrefix.length) : undefined;
}

/** The graph of one run. */
export class ImportGraph {
  /** For each importer, what it imports, each with how it names it. */
  readonly #imports = new Map<string, Map<string, string>>();
  readonly #unrecorded = new Set<string>();

  /** Notes that a source imports another. */
  add(importer: string, imported: string, specifier = ""): void {
    const imports = this.#imports.get(importer) ?? new Map<string, string>();
    this.#imports.set(importer, imports);
    if (!imports.has(imported)) imports.set(imported, specifier);
  }

  /** What a source imports itself, as far as that is known, sorted. */
  importsOf(source: string): string[] {
    return [...this.#imports.get(source)?.keys() ?? []].sort();
  }

  /** How a source names what it imports. */
  specifierOf(importer: string, imported: string): string {
    return this.#imports.get(importer)?.get(imported) ?? "";
  }

  /** A source and all that it imports, however far away, sorted. */
  reachableFrom(source: string): string[] {
    const reached = new Set([source]);
    for (const at of reached) {
      this.#imports.get(at)?.keys().forEach((imported) => reached.add(imported));
    }
    return [...reached].sort();
  }

  /** The shortest way from a source to another, both included, if any. */
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

  /** Notes that what imports a source has to be bundled every time: something is to be said of it, for one. */
  addUnrecorded(source: string): void {
    this.#unrecorded.add(source);
  }

  /** Whether a source, or anything that it imports, has to be bundled every time. */
  isUnrecorded(source: string): boolean {
    return this.#unrecorded.size > 0 &&
      this.reachableFrom(source).some((each) => this.#unrecorded.has(each));
  }
}
