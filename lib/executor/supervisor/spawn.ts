/** Starting an executor: our own program again, with as little as it can live on. */
import { limits, MiB } from "../../limits/mod.ts";
import type { FullServiceLimits, ServicePermissions } from "../../manifest/mod.ts";
import type { OsSandbox } from "../system/os_sandbox.ts";
import { executorFile } from "./one_file.ts";
import { netPermissions, ownFiles, readablePaths } from "../permissions.ts";

// Not called, and so not loaded by a node. Naming it here puts the executor's modules into the module cache, where the
// child finds them without a network.
void (() => import("../sandbox/granted_child.ts"));

/** The first argument that makes a compiled farcall an executor; see cli/main.ts. */
export const executorArgument = "__executor";

/** Turns `eval` and `new Function` off. A compiled executable carries it from `deno compile`. */
const noCodeFromStrings = "--disallow-code-generation-from-strings";

/** Lets an executor collect large values early; scripts do not get it. See sandbox/_minor_collections.ts. */
const collectionFlag = "--expose-gc";

/** What starting an executor needs to know. */
export interface SpawnOptions {
  /** This program's own file. */
  readonly program: string;
  /** The node's Unix socket that the executor connects to. */
  readonly socketPath: string;
  /** The folder that scripts lie in; the executor may read it until they are loaded. */
  readonly servicesFolder: string;
  /** An empty folder that becomes its working folder. */
  readonly workingFolder: string;
  readonly limits: FullServiceLimits;
  /** What was granted to the service. */
  readonly permissions: ServicePermissions;
  readonly confinement: OsSandbox;
}

/** Starts the process. Its standard error is piped; nothing else is shared with it. */
export function spawnExecutor(options: SpawnOptions): Deno.ChildProcess {
  const args = Deno.build.standalone
    ? [executorArgument, options.socketPath, JSON.stringify(options.permissions)]
    : runArguments(options);
  const { program, args: wrapped } = options.confinement.wrap(
    { program: options.program, args },
    options.limits,
  );
  const command = new Deno.Command(program, {
    args: [...wrapped],
    clearEnv: true,
    env: environment(options),
    cwd: options.workingFolder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  return command.spawn();
}

function runArguments(options: SpawnOptions): string[] {
  const { socketPath, servicesFolder, permissions } = options;
  const isGranted = Object.keys(permissions).length > 0;
  const main = isGranted
    ? import.meta.resolve("../sandbox/granted_child.ts")
    : executorFile() ?? import.meta.resolve("../sandbox/child.ts");
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--cached-only",
    ...(main.startsWith("file:") ? ["--deny-import"] : []),
    `--v8-flags=${noCodeFromStrings},${collectionFlag},${heapFlag(options)}`,
    allow("read", [servicesFolder, ...ownFiles(socketPath), ...readablePaths(permissions)]),
    allow("write", [...ownFiles(socketPath), ...permissions.write ?? []]),
    ...netFlags(socketPath, permissions.net ?? []),
    ...(permissions.env === undefined ? [] : [allow("env", permissions.env)]),
    ...(permissions.sys === undefined ? [] : [allow("sys", permissions.sys)]),
    main,
    socketPath,
  ];
}

/**
 * Later runtimes count a Unix socket as network. Without a grant, all network is allowed until it is given
 * up with the rest before a script loads; with one, only the socket and what was granted.
 */
function netFlags(socketPath: string, granted: readonly string[]): string[] {
  if (granted.length === 0) return ["--allow-net"];
  return [allow("net", netPermissions(socketPath, granted))];
}

function heapFlag({ limits }: SpawnOptions): string {
  return `--max-old-space-size=${Math.ceil(limits.heapBytes / (1024 * 1024))}`;
}

/** A comma separates values in a permission flag; doubled, it stands for itself. */
function allow(name: string, values: readonly string[]): string {
  return `--allow-${name}=${values.map((value) => value.replaceAll(",", ",,")).join(",")}`;
}

/**
 * Has the C library keep what it frees of large values, up to a bound, for the next ones. By itself it returns it to the
 * system at each collection, and the next value waits for every page to be found and cleared again.
 */
function allocatorSettings({ memoryBytes }: FullServiceLimits): Record<string, string> {
  const spareBytes = Math.min(
    memoryBytes * limits.executorSpareShare,
    limits.executorSpareBytesMax,
  );
  return {
    MALLOC_TRIM_THRESHOLD_: String(Math.floor(spareBytes)),
    // Larger ones have memory of their own. It takes no higher value than that.
    MALLOC_MMAP_THRESHOLD_: String(Math.floor(Math.min(spareBytes, 32 * MiB))),
  };
}

/** Only what finding the module cache takes, and what was granted. */
function environment(options: SpawnOptions): Record<string, string> {
  const names = [
    ...(Deno.build.standalone ? [] : ["DENO_DIR", "XDG_CACHE_HOME", "HOME"]),
    ...options.permissions.env ?? [],
  ];
  const kept: Record<string, string> = { NO_COLOR: "1", ...allocatorSettings(options.limits) };
  if (Deno.build.standalone) kept.DENO_V8_FLAGS = heapFlag(options);
  for (const name of names) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
