/** Reports package code that cannot run in a script, at the script's import that leads there. */
import { posix } from "node:path";
import type { Diagnostic } from "../../errors/mod.ts";
import type { EsbuildMessage, EsbuildPartialMessage } from "./_esbuild.ts";
import { nameOfModule } from "./_import_graph.ts";
import { columnOf, sourceOf } from "./_script_diagnostics.ts";
import type { Sources } from "./sources.ts";

/** esbuild's messages that are reported with their chain of imports if they are in a package. */
const ourWords: ReadonlyMap<string, string> = new Map([
  ["unsupported-dynamic-import", "has an import() whose path is only known at run time"],
  ["unsupported-require-call", "has a require() whose path is only known at run time"],
]);

/** Whether a warning about a package file makes the script unusable. */
export function isFatalInPackage({ id }: EsbuildMessage): boolean {
  return ourWords.has(id);
}

/** The messages behind one import. */
interface Found {
  chain: string[];
  /** The package's index in the chain. */
  packageIndex: number;
  message: EsbuildMessage;
  /** The total number of messages. */
  count: number;
}

/** Context for turning messages into mistakes. */
export interface PackageDiagnosticOptions {
  readonly sources: Sources;
  /** The bundled scripts: paths from the folder. */
  readonly scripts: readonly string[];
  /** The folder of init.yaml as a person would write it. */
  readonly shownFolder: string;
  readonly refusedRequires: ReadonlyMap<string, EsbuildPartialMessage>;
}

/** One mistake for each import of a package that leads to code that cannot run. */
export async function packageDiagnostics(
  messages: readonly EsbuildMessage[],
  options: PackageDiagnosticOptions,
): Promise<Diagnostic[]> {
  const { sources, scripts, shownFolder } = options;
  const byImport = new Map<
    string,
    Found
  >();
  for (const message of messages) {
    const module = sourceOf(message)!;
    for (const script of scripts) {
      const chain = sources.graph.chain(script, module);
      if (chain === undefined) continue;
      const packageIndex = chain.findIndex((each) => nameOfModule(each) !== undefined);
      const key = `${chain[packageIndex - 1]}\0${chain[packageIndex]}`;
      const known = byImport.get(key);
      if (known === undefined) byImport.set(key, { chain, packageIndex, count: 1, message });
      else {
        known.count++;
        // The import nearest to the script is the most helpful.
        if (chain.length < known.chain.length) Object.assign(known, { chain, message });
      }
    }
  }
  return await Promise.all([...byImport.values()].map(async (found) => {
    const { chain, packageIndex, count, message } = found;
    const importer = chain[packageIndex - 1]!;
    const specifier = sources.graph.specifierOf(importer, chain[packageIndex]!);
    const { text, hint } = wordsOf(message, chain.at(-1)!, options);
    const more = count === 1 ? "" : `, and ${count - 1} more of the kind`;
    return {
      file: posix.join(shownFolder, importer),
      ...await locate(specifier, importer, sources),
      message: `"${specifier}" cannot run in a script: ${text}${more} (${
        chainText(chain, options)
      })`,
      ...(hint && { hint }),
    };
  }));
}

function wordsOf(
  message: EsbuildMessage,
  module: string,
  { refusedRequires }: PackageDiagnosticOptions,
): { text: string; hint?: string } {
  const { location, id, notes } = message;
  const name = nameOfModule(module)!;
  const at = location === null
    ? name
    : `${name}:${location.line}:${columnOf(location.lineText, location.column)}`;
  const ours = ourWords.get(id);
  if (ours !== undefined) {
    return { text: `${at} ${ours}`, hint: "use a package that does without" };
  }
  const unresolved = /^Could not resolve "([^"]*)"/.exec(message.text);
  const refused = unresolved && refusedRequires.get(`${name}\0${unresolved[1]}`);
  const { text, notes: said } = refused ?? message;
  const hint = (said ?? notes).map((note) => note.text ?? "").join("; ");
  return { text: `${at}: ${text}`, ...(hint !== "" && { hint }) };
}

/** `s/f.ts → got@14.4.1 → keyv@5.1.0`. */
function chainText(chain: readonly string[], { shownFolder }: PackageDiagnosticOptions): string {
  const steps: string[] = [];
  for (const module of chain) {
    const name = nameOfModule(module);
    const step = name === undefined ? posix.join(shownFolder, module) : packageOf(name);
    if (steps.at(-1) !== step) steps.push(step);
  }
  return steps.join(" → ");
}

/** `zod@4.1.3` of `zod@4.1.3/v4/index.js`. */
function packageOf(name: string): string {
  const version = name.indexOf("@", 1);
  const slash = name.indexOf("/", Math.max(version, 0));
  return slash < 0 ? name : name.slice(0, slash);
}

/** The location of an import in a file; esbuild only locates the failing one. */
async function locate(
  specifier: string,
  path: string,
  sources: Sources,
): Promise<{ line: number; column: number; sourceLine?: string }> {
  const lines = (await sources.textOf(path) ?? "").split("\n");
  for (const quote of ['"', "'"]) {
    const index = lines.findIndex((line) => line.includes(quote + specifier + quote));
    if (index < 0) continue;
    const before = lines[index]!.slice(0, lines[index]!.indexOf(quote + specifier));
    return { line: index + 1, column: [...before].length + 1, sourceLine: lines[index] };
  }
  return { line: 1, column: 1 };
}
