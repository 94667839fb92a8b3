/** `farcall check`: everything that `init` checks, without any node; and the types of scripts' functions. */
import { relative, resolve, sep } from "node:path";
import { formatDiagnostic } from "../../lib/config/mod.ts";
import {
  checkScripts,
  findInScripts,
  formatScriptTypes,
  readScripts,
} from "../../lib/deploy/mod.ts";
import { readConfiguration } from "../configuration.ts";
import { configurationFile } from "../settings.ts";
import { printLine, printNote } from "../output.ts";

/** The options of `check` as they are typed. */
export interface CheckCommandOptions {
  config?: string;
  json?: true;
}

/** Checks a file and its scripts, and prints what was checked. @returns The exit code. */
export async function check(
  argument: string | undefined,
  { json, ...options }: CheckCommandOptions,
): Promise<number> {
  const configuration = await readConfiguration(
    await configurationFile(argument, options),
    { findInScripts },
  );
  const { file } = configuration;
  const { functions, warnings, compiler } = await checkScripts(configuration);
  for (const warning of warnings) printNote(formatDiagnostic(warning));
  const scripts = new Set(functions.map(({ path }) => path)).size;
  if (json) {
    const overloads = functions.length;
    printLine(JSON.stringify({ file, overloads, scripts, warnings, compiler: compiler ?? null }));
    return 0;
  }
  const counts = `${counted(functions.length, "overload")} in ${counted(scripts, "script")}`;
  printLine(`${file}: no mistakes (${counts}; ${typesText(compiler)})`);
  return 0;
}

function typesText(compiler: string | undefined): string {
  return compiler === undefined
    ? "types compared as written: with deno or tsc on PATH they are fully checked"
    : `types checked by ${compiler}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/**
 * A module that asserts the type of each script's function.
 *
 * @param out The path of the module. Default: beside the file.
 */
export async function scriptTypes(
  argument: string | undefined,
  { out, ...options }: { readonly config?: string; readonly out?: string },
): Promise<string> {
  const file = await configurationFile(argument, options);
  const configuration = await readConfiguration(file, { findInScripts });
  const { functions } = await readScripts(configuration);
  const { folder } = configuration;
  const from = out === undefined ? folder : resolve(out, "..");
  const specifierOf = (path: string): string => {
    const specifier = relative(from, resolve(folder, path)).replaceAll(sep, "/");
    return specifier.startsWith("../") ? specifier : `./${specifier}`;
  };
  const calls = new Map(
    [...configuration.services.values()].flatMap(({ name, calls }) => calls ? [[name, calls]] : []),
  );
  return formatScriptTypes(functions, specifierOf, { calls }).text;
}
