/**
 * Confines executors with the operating system's means, besides the runtime's own permissions. On Linux, with what
 * every system has (`/bin/sh`, and util-linux's `setpriv` if installed):
 *
 * - no new privileges: setuid programs have no effect;
 * - it dies with its node, even if a script never yields and the node is killed (`setpriv --pdeathsig`);
 * - resource limits: data memory, open files, no core file (which would hold secrets).
 *
 * Address space cannot be limited (V8 reserves far more than it uses: measured, 40 GB are too little to start), so the
 * data limit replaces it: private writable memory, which holds both V8's heap and typed arrays. Nor can the number of
 * processes: Linux counts those of the user, not of the executor.
 */
import { MiB } from "../../limits/mod.ts";

/** An executor's data memory before its first script, including V8's reservations. */
const dataBytesBase = 768 * MiB;

const openFilesMax = 128;

/** By name, and its usual path for nodes that were started without a PATH. */
const setprivs = ["setpriv", "/usr/bin/setpriv", "/bin/setpriv"];

/** A program and its arguments. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
}

/** How executors are confined here. */
export interface OsSandbox {
  /** A description, for the log. */
  readonly description: string;
  /** The command that runs a confined command. */
  wrap(command: CommandLine, limits: { readonly memoryBytes: number }): CommandLine;
}

const none: OsSandbox = {
  description:
    "the runtime's permissions alone (no resource limits: this is not Linux, or has no /bin/sh)",
  wrap: (command) => command,
};

let found: Promise<OsSandbox> | undefined;

/** Detects, once, what this system offers. */
export function findOsSandbox(): Promise<OsSandbox> {
  found ??= find();
  return found;
}

async function find(): Promise<OsSandbox> {
  if (Deno.build.os !== "linux") return none;
  const privileges = ["--no-new-privs", "--pdeathsig", "KILL", "--"];
  const shell = withShell({ program: "/bin/sh", args: [] });
  const probe = { program: "/bin/true", args: [] };
  const candidates: OsSandbox[] = [
    ...setprivs.map((program): OsSandbox => ({
      description: "no new privileges, ends with its node, limits of memory, files and core files",
      wrap: (command, limits) => {
        const inner = shell(command, limits);
        return { program, args: [...privileges, inner.program, ...inner.args] };
      },
    })),
    {
      description:
        "limits of memory, files and core files (no setpriv here: it may outlive its node)",
      wrap: shell,
    },
  ];
  for (const candidate of candidates) {
    if (await runs(candidate.wrap(probe, { memoryBytes: 256 * MiB }))) return candidate;
  }
  return none;
}

/**
 * Sets the limits in a shell that then becomes the program, without those that are unknown. A terminal that is closed
 * or interrupted signals every process started in it: the node decides what that means for its executors.
 */
function withShell(shell: CommandLine): OsSandbox["wrap"] {
  return ({ program, args }, { memoryBytes }) => {
    const dataKiB = Math.ceil((memoryBytes + dataBytesBase) / 1024);
    // When memory runs out, the system kills an executor rather than its node.
    const script = "trap '' HUP INT; { echo 500 > /proc/self/oom_score_adj; } 2>/dev/null; " +
      "ulimit -c 0; " +
      `ulimit -n ${openFilesMax} 2>/dev/null; ulimit -d ${dataKiB}; exec "$0" "$@"`;
    return { program: shell.program, args: [...shell.args, "-c", script, program, ...args] };
  };
}

async function runs({ program, args }: CommandLine): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}
