/**
 * System programs that tests need. If one is missing, the test is reported as ignored, under the program's name; with
 * FARCALL_TEST_PROGRAMS=all, as in continuous integration, a missing one fails the run.
 */
import { delimiter, join } from "node:path";
import { type Program, under } from "./commands/cli.ts";

/** A capability of the machine, as tests name it. */
export interface Need {
  readonly name: string;
  isMet(): boolean;
}

/** Options for registering a test or a step: `Deno.test({ ...needing("nc", "by hand"), fn })`. */
export interface NeedingTest {
  readonly name: string;
  readonly ignore: boolean;
}

const areAllWanted = Deno.env.get("FARCALL_TEST_PROGRAMS") === "all";

/**
 * The name of a test or step that needs system programs, and whether to ignore it.
 *
 * @param needs Programs by name, and other capabilities.
 * @throws {Error} If one is missing although all are required.
 */
export function needing(
  needs: string | Need | readonly (string | Need)[],
  name: string,
): NeedingTest {
  const missing = [needs].flat()
    .map((need) => typeof need === "string" ? program(need) : need as Need)
    .find((need) => !need.isMet());
  if (missing === undefined) return { name, ignore: false };
  if (areAllWanted) {
    throw new Error(
      `"${name}" needs ${missing.name}, which is not here: install it, or unset FARCALL_TEST_PROGRAMS`,
    );
  }
  return { name: `${name} (no ${missing.name} here)`, ignore: true };
}

/** A program on PATH. */
export function program(name: string): Need {
  return { name, isMet: () => pathsOf(name).length > 0 };
}

/** A private mount namespace, in which file systems can be mounted. */
export const ownMounts: Need = {
  name: "unshare with mounts of one's own",
  isMet: () => mountFlags() !== undefined,
};

/** How `unshare` provides a mount namespace: to root, or as a root of its own; undefined if neither works. */
function mountFlags(): readonly string[] | undefined {
  if (Deno.build.os !== "linux") return undefined;
  return [["-m"], ["-Urm"]].find((flags) =>
    succeeds("unshare", [...flags, "sh", "-c", "mount -t tmpfs none /mnt"])
  );
}

/** farcall, in a process prepared by the shell's `script`. */
export function shelled(farcall: Program, script: string): Program {
  return under(farcall, "/bin/sh", "-c", `${script} && exec "$0" "$@"`);
}

/** farcall with access to the C library, as the executable has. */
export function withFfi(farcall: Program): Program {
  const [run, ...rest] = farcall.args;
  if (run !== "run" || rest.includes("--allow-ffi")) return farcall;
  return { ...farcall, args: [run, "--allow-ffi", ...rest] };
}

/** farcall in {@linkcode ownMounts}, with mounts made by the shell's `script`. */
export function mounted(farcall: Program, script: string): Program {
  return inOwnMounts(shelled(farcall, script));
}

/** A program in {@linkcode ownMounts}. */
export function inOwnMounts(program: Program): Program {
  return under(program, "unshare", ...mountFlags()!);
}

/** A shell script that leaves no folder for temporary files, in {@linkcode ownMounts}. */
export const withoutTemporaryFolders = [
  ...new Set(["/tmp", "/var/tmp", "/dev/shm", Deno.env.get("TMPDIR") ?? "/tmp"]),
]
  .map((folder) =>
    `mount --rbind ${folder} ${folder} && mount -o remount,bind,ro,nosuid,nodev ${folder}`
  )
  .join(" && ");

/** A Python with a module. */
export function pythonModule(module: string): Need {
  return { name: `python3 with ${module}`, isMet: () => pythonWith(module) !== undefined };
}

/** The first Python on PATH with a module: the first of all need not be the system's. */
export function pythonWith(module: string): string | undefined {
  return pathsOf("python3").find((python) => succeeds(python, ["-c", `import ${module}`]));
}

/** The path of a program, searched in PATH's order. */
function pathsOf(name: string): string[] {
  return (Deno.env.get("PATH") ?? "").split(delimiter).map((folder) => join(folder, name))
    .filter(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode === null || (mode & 0o111) !== 0);
  } catch {
    return false;
  }
}

function succeeds(command: string, args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
