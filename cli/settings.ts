/**
 * The settings of a command: an option, else an environment variable, else a default. Each setting records its source.
 */
import { withPresent } from "./present_nodes.ts";
import { addressMeantBy, parseAddress } from "../lib/client/mod.ts";
import { canonicalAddress } from "../lib/identity/mod.ts";
import { UsageError } from "./output.ts";
import { type SettingName, variables } from "./usage/variables.ts";

/** The sources of settings, for messages: `--server`, `FARCALL_SERVER`, `in a folder above this one`. */
export type Origins = Partial<Record<SettingName, string>>;

/** A command's options that environment variables can provide. */
type Typed = Partial<Record<SettingName, string>>;

/** Reads the environment variables of options that were not typed. */
export function withVariables<Options extends Typed>(
  options: Options,
  names: readonly SettingName[],
): Options & { readonly origins: Origins } {
  const filled: Options & { origins: Origins } = { ...options, origins: {} };
  for (const name of names) {
    const variable = Deno.env.get(variables[name])?.trim();
    if (options[name] !== undefined) filled.origins[name] = `--${name}`;
    else if (variable) {
      filled[name] = variable as Options[typeof name];
      filled.origins[name] = variables[name];
    }
  }
  return filled;
}

/** A setting's name in messages: the option, or the variable that provided it. */
export function settingLabel(name: SettingName, origins: Origins | undefined): string {
  return origins?.[name] ?? `--${name}`;
}

/** The settings of a caller: file, node, client, key and deadline. @param names The settings whose variables count. */
export async function callerSettings<Options extends Typed>(
  options: Options,
  names: readonly SettingName[] = ["config", "server", "as", "key", "timeout"],
): Promise<Options & { readonly origins: Origins }> {
  const settings = withVariables(options, names);
  if (settings.server !== undefined) {
    settings.server = await nodeMeantBy(settings.server, settings.config);
  }
  // A node that is named by its address describes itself.
  const isAddress = settings.server !== undefined && parseAddress(settings.server) !== undefined;
  if (settings.config === undefined && !isAddress) {
    const found = await findConfiguration();
    if (found !== undefined) {
      settings.config = found;
      settings.origins.config = found === fileName
        ? "in this folder"
        : "in a folder above this one";
    }
  }
  return settings;
}

/**
 * The file of a command that takes one as its argument: the argument, `--config`, `FARCALL_CONFIG`, or the init.yaml of
 * this folder or of the nearest one above it.
 */
export async function configurationFile(
  argument: string | undefined,
  options: { readonly config?: string } = {},
): Promise<string> {
  if (argument !== undefined && options.config !== undefined) {
    throw new UsageError("FILE and --config both name the file; give one of them");
  }
  const named = argument ?? withVariables(options, ["config"]).config;
  return named ?? await findConfiguration() ?? fileName;
}

/** The name that stands for standard input. */
export const standardInputName = "-";

/** The usual name of the file. */
const fileName = "init.yaml";

/**
 * The init.yaml of this folder, or of the nearest folder above it, by its relative path.
 *
 * @throws {UsageError} If it is in a folder above and belongs to another user, who could then choose the nodes.
 */
export async function findConfiguration(): Promise<string | undefined> {
  let path = fileName;
  for (let depth = Deno.cwd().split(/[/\\]/).filter((name) => name !== "").length;; depth--) {
    const found = await Deno.stat(path).catch(() => undefined);
    if (found?.isFile || found?.isFifo) {
      if (path !== fileName && !isOwn(found)) throw notOwn(path);
      return path;
    }
    if (depth <= 0) return undefined;
    path = `../${path}`;
  }
}

function isOwn({ uid }: Deno.FileInfo): boolean {
  const own = Deno.uid();
  return uid === null || own === null || uid === own || uid === 0 ||
    own === 0 && String(uid) === Deno.env.get("SUDO_UID");
}

function notOwn(path: string): UsageError {
  return new UsageError(
    `${path} belongs to another user, so it is used only if you name it: --config ${path}`,
  );
}

/** Resolves a node by its name in the file, or by its address, with the default port if it names none. */
export async function nodeMeantBy(server: string, config: string | undefined): Promise<string> {
  if (parseAddress(server) !== undefined) return server;
  const address = addressMeantBy(server);
  if (server.endsWith(":") && canonicalAddress(server) === undefined) {
    throw new UsageError(
      `"${server}" has no port behind its colon; is a shell variable unset? ` +
        "Write HOST:PORT, or HOST alone for port 8181",
    );
  }
  if (address === undefined || server.includes(":") || isLiteral(server)) return address ?? server;
  const file = withVariables({ config }, ["config"]).config ?? await findConfiguration();
  if (file === undefined) return address;
  // The command itself reads standard input, which can be read only once.
  if (file === standardInputName) return server.includes(".") ? address : server;
  const { loadConfiguration } = await import("../lib/config/mod.ts");
  const { servers } = await withPresent(await loadConfiguration(file, { scripts: "ignore" }));
  // A name with dots is a host; one without is more likely a misspelt server, and refused with the file's servers.
  return servers.has(server) || !server.includes(".") ? server : address;
}

/** No server has such a name. */
function isLiteral(server: string): boolean {
  return server === "localhost" || /^[\d.]+$/.test(server);
}
