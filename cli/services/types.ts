/** `farcall types`: the callable services as TypeScript. */
import { formatTypes } from "../../lib/client/types_text.ts";
import { whyUnreadable } from "../../lib/errors/mod.ts";
import { knownServices, type ServiceSource } from "./known_services.ts";
import { replaceFile } from "../new_file.ts";
import { exitWouldChange } from "../exit_codes.ts";
import { callerSettings, configurationFile } from "../settings.ts";
import { printLine, printNote, UsageError } from "../output.ts";

/** The options of `types` as they are typed. */
export interface TypesCommandOptions {
  config?: string;
  server?: string;
  tls?: string;
  as?: string;
  key?: string;
  out?: string;
  check?: string;
  scripts?: true;
}

/** Prints the types, writes them, or reports whether a file is up to date. @returns The exit code. */
export async function types(
  file: string | undefined,
  options: TypesCommandOptions,
): Promise<number> {
  const { out, check } = options;
  if (out !== undefined && check !== undefined) {
    throw new UsageError("--out writes the file and --check only looks at it; give one of them");
  }
  const path = out ?? check;
  const text = options.scripts
    ? await scriptTypesText(file, options, path)
    : formatTypes(await knownServices(await serviceSourceIn(file, options)));
  if (path === undefined) {
    printLine(text.trimEnd());
    return 0;
  }
  const before = await readIfThere(path);
  if (before === text) {
    printNote(`${path} is up to date`);
    return 0;
  }
  if (check !== undefined) {
    printNote(
      `${path} ${before === undefined ? "does not exist" : "is out of date"}; ` +
        `farcall types ${options.scripts ? "--scripts " : ""}--out ${path} writes it`,
    );
    return exitWouldChange;
  }
  await replaceFile(path, text);
  printNote(`wrote ${path}`);
  return 0;
}

async function scriptTypesText(
  file: string | undefined,
  { server, config }: TypesCommandOptions,
  out: string | undefined,
): Promise<string> {
  if (server !== undefined) {
    throw new UsageError("--scripts needs a file: no node has the scripts' sources");
  }
  const { scriptTypes } = await import("../deploy/check.ts");
  return await scriptTypes(file, { config, out });
}

/** A file on the command line takes precedence over a node in the environment. */
async function serviceSourceIn(
  file: string | undefined,
  options: TypesCommandOptions,
): Promise<ServiceSource> {
  const settings = await callerSettings(options);
  const { server, tls, as: client, key: keyFile, origins } = settings;
  const named = file === undefined ? settings.config : await configurationFile(file, options);
  const isTyped = origins.server === "--server";
  return { file: named, server: file && !isTyped ? undefined : server, tls, client, keyFile };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    // The previous content of a device or pipe is unknown.
    const { isFile, isDirectory } = await Deno.stat(path);
    return isFile || isDirectory ? await Deno.readTextFile(path) : undefined;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`cannot read "${path}": ${whyUnreadable(cause)}`, { cause });
  }
}
