/** Starts a helper: our own program again, without any permission. */
import { builtFile } from "../files/built_file.ts";
import { ownExecutable } from "../files/mod.ts";
import type { Limits } from "../limits/mod.ts";

/** The first argument that turns a compiled farcall into a helper; see cli/main.ts. */
export const helperArgument = "__helper";

/** A program and its arguments. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
}

/** Wraps a command so that the operating system limits its memory. */
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
    // It is in the module cache, and in a compiled executable, because cli/main.ts imports it.
    builtFile("helper") ?? import.meta.resolve("./child.ts"),
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

/** Only the variables for finding the module cache: the rest of the node's environment may be secret. */
function environment(heapFlag: string): Record<string, string> {
  if (Deno.build.standalone) return { NO_COLOR: "1", DENO_V8_FLAGS: heapFlag };
  const kept: Record<string, string> = { NO_COLOR: "1" };
  for (const name of ["DENO_DIR", "XDG_CACHE_HOME", "HOME"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
