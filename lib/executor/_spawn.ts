/** Starting an executor: our own program again, with as little as it can live on. */
// Not used by name here: importing it puts the executor's modules into the module cache (and into a
// compiled executable), where the child finds them without a network.
import "./child.ts";
import { limits } from "../limits/mod.ts";

/** The first argument that makes a compiled farcall an executor; see cli/main.ts. */
export const executorArgument = "__executor";

/** Turns `eval` and `new Function` off. A compiled executable carries it from `deno compile`. */
const noCodeFromStrings = "--disallow-code-generation-from-strings";

/** What starting an executor needs to know. */
export interface SpawnOptions {
  /** The node's Unix socket that the executor connects to. */
  socketPath: string;
  /** The folder that scripts lie in; the one that the executor may read, until they are loaded. */
  servicesFolder: string;
}

/** Starts the process. Its standard error is piped; nothing else is shared with it. */
export function spawnExecutor(options: SpawnOptions): Deno.ChildProcess {
  const command = new Deno.Command(Deno.execPath(), {
    args: Deno.build.standalone ? [executorArgument, options.socketPath] : runArguments(options),
    clearEnv: true,
    env: environment(),
    cwd: options.servicesFolder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  return command.spawn();
}

function runArguments({ socketPath, servicesFolder }: SpawnOptions): string[] {
  const main = import.meta.resolve("./child.ts");
  const socket = escapeList(socketPath);
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--cached-only",
    ...(main.startsWith("file:") ? ["--deny-import"] : []),
    `--v8-flags=${noCodeFromStrings},${heapFlag()}`,
    `--allow-read=${escapeList(servicesFolder)},${socket}`,
    `--allow-write=${socket}`,
    // For the socket, which later runtimes count as network; given up with the rest before a script loads.
    "--allow-net",
    main,
    socketPath,
  ];
}

function heapFlag(): string {
  return `--max-old-space-size=${Math.ceil(limits.serviceDefaults.heapBytes / (1024 * 1024))}`;
}

/** A comma separates paths in a permission flag; doubled, it stands for itself. */
function escapeList(path: string): string {
  return path.replaceAll(",", ",,");
}

/** Only what finding the module cache takes; in a compiled executable, what it has no argument for. */
function environment(): Record<string, string> {
  const kept: Record<string, string> = { NO_COLOR: "1" };
  if (Deno.build.standalone) return { ...kept, DENO_V8_FLAGS: heapFlag() };
  for (const name of ["DENO_DIR", "XDG_CACHE_HOME", "HOME"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
