/** Starts an executor process: our own program again, with minimal permissions and environment. */
import { limits, MiB } from "../../limits/mod.ts";
import type { FullServiceLimits, ServicePermissions } from "../../manifest/mod.ts";
import type { OsSandbox } from "../system/os_sandbox.ts";
import { builtFile } from "../../files/built_file.ts";
import { netPermissions, ownFiles, readablePaths } from "../permissions.ts";

// Not called, and so not loaded by a node. Naming it here puts the executor's modules into the module cache, where the
// child finds them without a network.
void (() => import("../sandbox/granted_child.ts"));

/** The first argument that turns a compiled farcall into an executor; see cli/main.ts. */
export const executorArgument = "__executor";

/** Disables `eval` and `new Function`. `deno compile` builds it into an executable. */
const noCodeFromStrings = "--disallow-code-generation-from-strings";

/** Lets an executor collect large values early; scripts do not get it. See sandbox/_minor_collections.ts. */
const collectionFlag = "--expose-gc";

/** Parameters of an executor's start. */
export interface SpawnOptions {
  /** This program's own file. */
  readonly program: string;
  /** The node's Unix socket for the executor. */
  readonly socketPath: string;
  /** The folder of scripts; the executor may read it until they are loaded. */
  readonly servicesFolder: string;
  /** An empty folder, its working folder. */
  readonly workingFolder: string;
  readonly limits: FullServiceLimits;
  /** The service's grants. */
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
    ? builtFile("granted_executor") ?? import.meta.resolve("../sandbox/granted_child.ts")
    : builtFile("executor") ?? import.meta.resolve("../sandbox/child.ts");
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
 * Later runtimes treat a Unix socket as network. Without a grant, all network is allowed until it is dropped with the
 * rest before a script loads; with one, only the socket and the grants.
 */
function netFlags(socketPath: string, granted: readonly string[]): string[] {
  if (granted.length === 0) return ["--allow-net"];
  return [allow("net", netPermissions(socketPath, granted))];
}

function heapFlag({ limits }: SpawnOptions): string {
  return `--max-old-space-size=${Math.ceil(limits.heapBytes / (1024 * 1024))}`;
}

/** A comma separates values in a permission flag; doubled, it is a literal comma. */
function allow(name: string, values: readonly string[]): string {
  return `--allow-${name}=${values.map((value) => value.replaceAll(",", ",,")).join(",")}`;
}

/**
 * Makes the C library retain freed memory of large values, up to a bound, for the next ones. By default it returns it
 * to the system at each collection, and the next value waits for every page to be found and cleared again.
 */
function allocatorSettings({ memoryBytes }: FullServiceLimits): Record<string, string> {
  const spareBytes = Math.min(
    memoryBytes * limits.executorSpareShare,
    limits.executorSpareBytesMax,
  );
  return {
    MALLOC_TRIM_THRESHOLD_: String(Math.floor(spareBytes)),
    // Larger ones have memory of their own; the C library accepts no higher value.
    MALLOC_MMAP_THRESHOLD_: String(Math.floor(Math.min(spareBytes, 32 * MiB))),
  };
}

/** Only the variables needed to find the module cache, and granted ones. */
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
