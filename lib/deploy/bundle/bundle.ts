/**
 * Bundling: the source of every overload becomes one self-contained ES module. The same sources give the
 * same bytes, and so the same id, on any machine and in any folder, alone or among a thousand others.
 */
import { invalidConfiguration, nearest } from "../../config/mod.ts";
import {
  type Diagnostic,
  InternalError,
  InvalidConfiguration,
  messageOf,
} from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { type ScriptId, scriptIdOf } from "../../identity/mod.ts";
import { software } from "../../protocol/mod.ts";
import { basename, dirname, sep } from "node:path";
import type { Esbuild, EsbuildMessage, EsbuildMetafile } from "./_esbuild.ts";
import { esbuildName } from "./_esbuild_name.ts";
import { functionChecker } from "./_function_checker.ts";
import { nameOfModule } from "./_import_graph.ts";
import { entryPoint, ImportPlugin, shownSource } from "./_import_plugin.ts";
import { compactSourceMap, isSourceMap } from "../../source_map/mod.ts";
import { isFatalInPackage, packageDiagnostics } from "./_package_diagnostics.ts";
import {
  diagnosticOf,
  isFatal,
  raisedToWarnings,
  sortDiagnostics,
  sourceOf,
} from "./_script_diagnostics.ts";
import { Sources } from "./sources.ts";

/** An overload whose script is to be bundled. */
export interface BundleRequest {
  /** The absolute path of the source. */
  readonly source: string;
  /** The rpc: the script exports a function of this name, or a default export. */
  readonly rpc: string;
  /** The overload's position in init.yaml, for messages. */
  readonly position: {
    /** The file for messages; its folder is also shown before the paths of sources. */
    readonly file: string;
    /** 1-based. */
    readonly line: number;
    /** 1-based, in characters. */
    readonly column: number;
  };
  /** Canonical type expressions that the function must fit, as far as its text shows; left out, any function does. */
  readonly signature?: { readonly args: readonly string[]; readonly returns: readonly string[] };
}

/** A script, ready to be sent. */
export interface BundledScript {
  readonly script: ScriptId;
  /** One ES module without imports, in UTF-8. Requests for one source share it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its source map, as a node keeps it; left out if too large. */
  readonly sourceMap?: Uint8Array<ArrayBuffer>;
  /** The names that it exports, sorted. */
  readonly exports: readonly string[];
}

/** The result of bundling. */
export interface Bundled {
  /** One for each request, in their order. */
  readonly scripts: readonly BundledScript[];
  /** Warnings: code that works but is probably a mistake, in the order of files and lines. */
  readonly warnings: readonly Diagnostic[];
}

/** The options for every script. */
const buildOptions = {
  bundle: true,
  write: false,
  metafile: true,
  format: "esm",
  platform: "neutral",
  // The syntax that Deno 2.4 supports, the oldest runtime that farcall is compiled with.
  target: "es2024",
  supported: { "import-meta": false },
  // Packages test these to detect their environment.
  define: { "process.env.NODE_ENV": '"production"', "import.meta.main": "false" },
  charset: "utf8",
  legalComments: "none",
  // External and not referenced by the script, so that the script's id does not depend on it.
  sourcemap: "external",
  sourcesContent: false,
  treeShaking: true,
  // Readable stack traces are worth more than the bytes, which are sent compressed.
  minify: false,
  tsconfigRaw: {},
  logLevel: "silent",
  logLimit: 0,
  logOverride: raisedToWarnings,
} as const;

/**
 * A hash of everything besides its files that a bundle depends on: the versions of farcall and esbuild, and the
 * options. Lower-case hex SHA-256.
 */
export async function bundlerHash(): Promise<string> {
  const text = JSON.stringify([software, esbuildName, buildOptions]);
  return await scriptIdOf(new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>);
}

/**
 * Bundles the scripts of all overloads, each source once.
 *
 * Inlines imports of project files and of installed packages. Starts esbuild's child process and ends it again.
 *
 * @param options `folder`: the absolute path of init.yaml's folder; sources are named by their path from it. `sources`:
 *   the folder's sources that were read already, which collects new ones.
 * @throws {InvalidConfiguration} With every mistake in all scripts: syntax errors, imports that cannot be inlined,
 *   `import()`, `import.meta`, `require`, an rpc without its function.
 * @throws {InternalError} If esbuild cannot be started.
 */
export function bundleScripts(
  requests: readonly BundleRequest[],
  { folder, sources = new Sources(folder) }: {
    readonly folder: string;
    readonly sources?: Sources;
  },
): Promise<Bundled> {
  if (requests.length === 0) return Promise.resolve({ scripts: [], warnings: [] });
  return new Bundling(requests, folder, sources).run();
}

/** Bundles scripts only to find their mistakes. Never throws. */
export async function findInScripts(
  requests: readonly BundleRequest[],
  options: { readonly folder: string },
): Promise<readonly Diagnostic[]> {
  try {
    await bundleScripts(requests, options);
    return [];
  } catch (error) {
    // If esbuild cannot run, the run that needs its bundles reports that.
    return error instanceof InvalidConfiguration ? error.diagnostics : [];
  }
}

/** One run over all requests. */
class Bundling {
  readonly #requests: readonly BundleRequest[];
  readonly #folder: string;
  readonly #sources: Sources;
  /** The folder of init.yaml for messages. */
  readonly #shownFolder: string;
  readonly #mistakes: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];
  readonly #scripts = new Map<string, BundledScript>();

  constructor(requests: readonly BundleRequest[], folder: string, sources: Sources) {
    this.#requests = requests;
    this.#folder = folder;
    this.#sources = sources;
    this.#shownFolder = dirname(requests[0]!.position.file).replaceAll(sep, "/");
  }

  async run(): Promise<Bundled> {
    const paths = await this.#readablePaths();
    if (paths.length > 0) {
      // Loaded lazily: it pulls in much of the runtime, and is not needed while no script has changed.
      const { withEsbuild } = await import("./_esbuild.ts");
      await withEsbuild(async (esbuild) => {
        for (let start = 0; start < paths.length; start += limits.scriptsBundledAtOnceMax) {
          await this.#bundle(esbuild, paths.slice(start, start + limits.scriptsBundledAtOnceMax));
        }
      });
    }
    const scripts = this.#requests.map((request) => this.#scripts.get(this.#pathOf(request)));
    this.#requests.forEach((request, index) => this.#checkExport(request, scripts[index]));
    await this.#checkFunctions(scripts);
    if (this.#mistakes.length > 0) {
      throw invalidConfiguration(
        "the scripts have",
        sortDiagnostics(await withSourceLines(this.#mistakes)),
      );
    }
    return { scripts: scripts as BundledScript[], warnings: sortDiagnostics(this.#warnings) };
  }

  /** The sources, each once; an unreadable one is a mistake in init.yaml. */
  async #readablePaths(): Promise<string[]> {
    const requestsByPath = Map.groupBy(this.#requests, (request) => this.#pathOf(request));
    const paths: string[] = [];
    await Promise.all(requestsByPath.keys().map((path) => this.#sources.read(path)));
    for (const [path, requests] of requestsByPath) {
      const source = await this.#sources.read(path);
      const problem = "problem" in source ? source.problem : problemOfName(path);
      if (problem === undefined) paths.push(path);
      else this.#blame(requests, `script "${path}" ${problem}`);
    }
    return paths;
  }

  /** Bundles sources. Leaves out those that fail and repeats with the rest, to find all mistakes. */
  async #bundle(esbuild: Esbuild, all: readonly string[]): Promise<void> {
    let paths = all;
    while (paths.length > 0) {
      const errors = await this.#build(esbuild, paths);
      if (errors.length === 0) return;
      const broken = new Set(errors.map((error) => sourceOf(error)!));
      const left = paths.filter((path) => {
        return !this.#sources.graph.reachableFrom(path).some((reached) => broken.has(reached));
      });
      if (left.length === paths.length) {
        throw new InternalError("esbuild reported a file that belongs to no script");
      }
      paths = left;
    }
  }

  /** Runs esbuild once. @returns Its errors; without errors, the scripts are complete. */
  async #build(esbuild: Esbuild, paths: readonly string[]): Promise<readonly EsbuildMessage[]> {
    const imports = new ImportPlugin(this.#sources, paths);
    const { errors, warnings, outputFiles, metafile } = await esbuild.build({
      entryPoints: paths.map((_, index) => ({ in: entryPoint(index), out: String(index) })),
      outdir: this.#folder,
      absWorkingDir: this.#folder,
      plugins: [imports.plugin()],
      ...buildOptions,
    }).catch(failureOf);
    const inPackages: EsbuildMessage[] = [];
    for (const message of [...errors, ...warnings]) {
      const source = sourceOf(message);
      const isError = errors.includes(message);
      if (source !== undefined && nameOfModule(source) !== undefined) {
        if (isError || isFatalInPackage(message)) inPackages.push(message);
        continue;
      }
      const mistake = diagnosticOf(message, this.#shownFolder);
      if (mistake === undefined) {
        if (isError) throw new InternalError(`esbuild failed: ${message.text}`);
      } else if (isError || isFatal(message)) this.#mistakes.push(mistake);
      else {
        this.#warnings.push(mistake);
        this.#sources.graph.addUnrecorded(source!);
      }
    }
    this.#mistakes.push(
      ...await packageDiagnostics(inPackages, {
        sources: this.#sources,
        scripts: paths,
        shownFolder: this.#shownFolder,
        refusedRequires: imports.refusedRequires,
      }),
    );
    if (metafile !== undefined) {
      const files = new Map(outputFiles.map((file) => [basename(file.path), file]));
      const outputs = outputsByName(metafile);
      await Promise.all(paths.map(async (path, index) => {
        const { contents } = files.get(`${index}.js`)!;
        const map = files.get(`${index}.js.map`)!.text;
        await this.#keep(path, contents, { map, exports: outputs.get(`${index}.js`)!.exports });
      }));
    }
    return errors;
  }

  async #keep(
    path: string,
    contents: Uint8Array,
    { map, exports }: { readonly map: string; readonly exports: readonly string[] },
  ): Promise<void> {
    // A copy, so that one script does not keep the bytes of all in memory.
    const bytes = contents.slice() as Uint8Array<ArrayBuffer>;
    if (bytes.byteLength > limits.scriptBytesMax) {
      const requests = this.#requests.filter((request) => this.#pathOf(request) === path);
      this.#blame(
        requests,
        `script "${path}" has ${bytes.byteLength} bytes when bundled, and a node takes at most ` +
          `${limits.scriptBytesMax}`,
        "keep large tables out of scripts; pass them as arguments",
      );
    }
    const sourceMap = encode(compactSourceMap(map, shownSource));
    const isSendable = isSourceMap(sourceMap) &&
      bytes.length + sourceMap.length <= limits.putBytesMax;
    this.#scripts.set(path, {
      script: await scriptIdOf(bytes),
      bytes,
      ...(isSendable && { sourceMap }),
      exports: [...exports].sort(),
    });
  }

  #checkExport(request: BundleRequest, script: BundledScript | undefined): void {
    if (script === undefined) return;
    const { exports } = script;
    if (exports.includes(request.rpc) || exports.includes("default")) return;
    const meant = nearest(request.rpc, exports);
    const has = exports.length === 0
      ? "it exports nothing"
      : `it exports ${exports.map((name) => `"${name}"`).join(", ")}`;
    this.#blame(
      [request],
      `script "${this.#pathOf(request)}" has no function for rpc "${request.rpc}": ${has}`,
      meant === undefined
        ? `write "export function ${request.rpc}(…)" or "export default function (…)"`
        : `did you mean "${meant}"? Rename the function or the rpc`,
    );
  }

  /** Compares the functions with their signatures in init.yaml. */
  async #checkFunctions(scripts: readonly (BundledScript | undefined)[]): Promise<void> {
    if (scripts.every((script) => script === undefined)) return;
    const checker = await functionChecker(this.#sources, this.#shownFolder);
    for (const [index, { rpc, signature, position, source }] of this.#requests.entries()) {
      if (scripts[index] === undefined || signature === undefined) continue;
      const path = this.#sources.pathOf(source);
      const { mistakes, warnings } = await checker.check({
        path,
        rpc,
        ...signature,
        declaredAt: `${position.file}:${position.line}:${position.column}`,
      });
      this.#mistakes.push(...mistakes);
      this.#warnings.push(...warnings);
      if (warnings.length > 0) this.#sources.graph.addUnrecorded(path);
    }
  }

  #blame(requests: readonly BundleRequest[], message: string, hint?: string): void {
    for (const { position } of requests) {
      const { file, line, column } = position;
      this.#mistakes.push({ file, line, column, message, ...(hint === undefined ? {} : { hint }) });
    }
  }

  #pathOf(request: BundleRequest): string {
    return this.#sources.pathOf(request.source);
  }
}

function problemOfName(path: string): string | undefined {
  return /\.m?[tj]s$/.test(path)
    ? undefined
    : "is not a script; expected a .ts, .mts, .js or .mjs file";
}

/** The messages of a failed run of esbuild; rethrows other failures. */
function failureOf(cause: unknown): EsbuildOutcome {
  const { errors, warnings = [] } = (cause ?? {}) as Partial<EsbuildOutcome>;
  if (Array.isArray(errors) && errors.length > 0) {
    return { errors, warnings, outputFiles: [], metafile: undefined };
  }
  throw new InternalError(`esbuild failed: ${messageOf(cause)}`, { cause });
}

/** The result of a run of esbuild. */
interface EsbuildOutcome {
  readonly errors: readonly EsbuildMessage[];
  readonly warnings: readonly EsbuildMessage[];
  readonly outputFiles: readonly {
    readonly path: string;
    readonly contents: Uint8Array;
    readonly text: string;
  }[];
  /** Left out if it failed. */
  readonly metafile: EsbuildMetafile | undefined;
}

/** Adds source lines to the mistakes in init.yaml, for the caret; best effort. */
async function withSourceLines(mistakes: readonly Diagnostic[]): Promise<Diagnostic[]> {
  const files = new Map<string, string[]>();
  const result: Diagnostic[] = [];
  for (const mistake of mistakes) {
    const { file, line, sourceLine } = mistake;
    if (sourceLine === undefined && !files.has(file)) {
      const text = await Deno.readTextFile(file).catch(() => "");
      files.set(file, text.split(/\r\n|\r|\n/));
    }
    const found = sourceLine ?? files.get(file)?.[line - 1];
    result.push(found === undefined ? mistake : { ...mistake, sourceLine: found });
  }
  return result;
}

function outputsByName(
  metafile: EsbuildMetafile,
): Map<string, EsbuildMetafile["outputs"][string]> {
  const outputs = Object.entries(metafile.outputs);
  return new Map(outputs.map(([path, output]) => [basename(path), output]));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
