/**
 * What `deno task bundle` made of a checkout's modules (tools/bundle.ts): a process that reads one file, or a few, in
 * place of a hundred starts a quarter to a half cheaper. Executables are made of few files anyway.
 */

/** What the first line of a file says behind `// `, as JSON: the modules that it is made of, and their stamps. */
export type Sources = Readonly<Record<string, string>>;

/** What is made: the command line, an executor, one with permissions, and a helper. */
export const builtNames = ["farcall", "executor", "granted_executor", "helper"] as const;
export type BuiltName = typeof builtNames[number];

const root = new URL("../../", import.meta.url);

/** Tells the content of a module from a later one. */
export function stampOf(module: URL): string {
  const { size, mtime } = Deno.statSync(module);
  return `${size} ${mtime?.getTime()}`;
}

/** Where a file lies, whether it is there or not. */
export function builtFileUrl(name: BuiltName): URL {
  return new URL(`dist/${name}.js`, root);
}

const found = new Map<BuiltName, string | undefined>();

/** A file, as a URL, where it is made of the modules that this program is made of. Looked for once. */
export function builtFile(name: BuiltName): string | undefined {
  if (!found.has(name)) found.set(name, currentFile(builtFileUrl(name), root));
  return found.get(name);
}

/** @param root Where the paths of its modules start. */
export function currentFile(file: URL, root: URL): string | undefined {
  if (Deno.build.standalone || root.protocol !== "file:") return undefined;
  try {
    // Nobody is asked for a permission for this.
    const { state } = Deno.permissions.querySync({ name: "read", path: root });
    if (state !== "granted") return undefined;
    const [head] = Deno.readTextFileSync(file).split("\n", 1);
    const sources = Object.entries(JSON.parse(head!.slice("// ".length)) as Sources);
    return sources.every(([path, stamp]) => stampOf(new URL(path, root)) === stamp)
      ? file.href
      : undefined;
  } catch {
    return undefined; // It was not written, or a module is gone.
  }
}
