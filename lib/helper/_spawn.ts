/** Starting a helper: our own program again, with nothing that it may do. */
import { ownExecutable } from "../files/mod.ts";
import type { Limits } from "../limits/mod.ts";

/** The first argument that makes a compiled farcall a helper; see cli/main.ts. */
export const helperArgument = "__helper";

/** A program and its arguments. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
}

/** Makes of a command one that the operating system holds to so much memory. */
export type Confine = (
  command: CommandLine,
  memory: { readonly memoryBytes: number },
) => CommandLine;

/** Starts the process. Its standard input and output carry messages. */
export function spawnHelper(confine: Confine, bounds: Limits): Deno.ChildProcess {
  const heapFlag = `--max-old-space-size=${Math.ceil(bounds.helperHeapBytes / 1024 / 1024)}`;
  const args = Deno.build.standalone ? [helperArgument] : [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    `--v8-flags=--disallow-code-generation-from-strings,${heapFlag}`,
    // In the module cache, and in a compiled executable, since cli/main.ts names it.
    import.meta.resolve("./child.ts"),
    helperArgument,
  ];
  const memory = { memoryBytes: bounds.helperMemoryBytes };
  const { program, args: confined } = confine({ program: ownExecutable(), args }, memory);
  return new Deno.Command(program, {
    args: [...confined],
    clearEnv: true,
    env: environment(heapFlag),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Only what finding the module cache takes: what else the node's environment holds may be secret. */
function environment(heapFlag: string): Record<string, string> {
  if (Deno.build.standalone) return { NO_COLOR: "1", DENO_V8_FLAGS: heapFlag };
  const kept: Record<string, string> = { NO_COLOR: "1" };
  for (const name of ["DENO_DIR", "XDG_CACHE_HOME", "HOME"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
