/** Checks the functions of a configuration's scripts against their signatures, also with a TypeScript compiler. */
import { dirname, sep } from "node:path";
import { type Configuration, invalidConfiguration } from "../../config/mod.ts";
import type { Diagnostic } from "../../errors/mod.ts";
import { compileScripts, findCompiler } from "../functions/compiler.ts";
import type { ScriptFunction } from "../functions/script_types.ts";
import { bundleScripts } from "./bundle.ts";
import { functionChecker } from "./_function_checker.ts";
import { sortDiagnostics } from "./_script_diagnostics.ts";
import { Sources } from "./sources.ts";

/** The scripts of a configuration, read without a node. */
export interface ReadScripts {
  /** One for each overload, in the order of the file. */
  readonly functions: readonly ScriptFunction[];
  /** Warnings: code that works but is probably a mistake. */
  readonly warnings: readonly Diagnostic[];
}

/** The result of the checks. */
export interface CheckedScripts extends ReadScripts {
  /** The compiler used, for messages: `deno 2.9.6`; undefined if none was found. */
  readonly compiler: string | undefined;
}

/**
 * Reads all scripts, as `init` does before it asks any node.
 *
 * @throws {InvalidConfiguration} With every mistake in them.
 */
export function readScripts(configuration: Configuration): Promise<ReadScripts> {
  return read(configuration, new Sources(configuration.folder));
}

/**
 * Checks everything that needs no node: bundles the scripts, and compares their functions with the file's signatures,
 * also with a TypeScript compiler if one is found.
 *
 * @throws {InvalidConfiguration} With every mistake.
 */
export async function checkScripts(configuration: Configuration): Promise<CheckedScripts> {
  const { folder, file } = configuration;
  const sources = new Sources(folder);
  const found = await read(configuration, sources);
  const folders = sources.searchedFrom(".").map((path) => sources.absolute(path));
  const compiler = await findCompiler(folders);
  if (compiler === undefined) return { ...found, compiler };
  const shownFolder = dirname(file).replaceAll(sep, "/");
  const checker = await functionChecker(sources, shownFolder);
  const mistakes = await compileScripts(compiler, found.functions, {
    folder,
    shownFolder,
    positionOf: (declared) => checker.positionOf(declared),
  });
  if (mistakes.length > 0) {
    throw invalidConfiguration("the scripts have", sortDiagnostics(mistakes));
  }
  return { ...found, compiler: compiler.name };
}

async function read(configuration: Configuration, sources: Sources): Promise<ReadScripts> {
  const { folder, file } = configuration;
  const entries = [...configuration.services.values()].flatMap((service) =>
    [...service.rpcs.values()].flatMap((rpc) =>
      rpc.overloads.map((overload) => ({ service: service.name, rpc: rpc.name, overload }))
    )
  );
  const requests = entries.map(({ rpc, overload }) => {
    const { source, args, returns, position } = overload;
    return { source, rpc, position: { file, ...position }, signature: { args, returns } };
  });
  const { scripts, warnings } = await bundleScripts(requests, { folder, sources });
  const functions = entries.map(({ service, rpc, overload }, index): ScriptFunction => {
    const { args, names, returns, position, source } = overload;
    return {
      service,
      rpc,
      args,
      ...(names && { names }),
      returns,
      declaredAt: `${file}:${position.line}:${position.column}`,
      path: sources.pathOf(source),
      exportedAs: scripts[index]!.exports.includes(rpc) ? rpc : "default",
    };
  });
  return { functions, warnings };
}
