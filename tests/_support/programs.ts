/**
 * Programs of the system that a test needs. Where one is missing, the test is reported as ignored, and by the
 * program's name; with FARCALL_TEST_PROGRAMS=all, as in continuous integration, a missing one fails the run.
 */
import { delimiter, join } from "node:path";
import { type Program, under } from "./commands/cli.ts";

/** Something that a machine has or has not, as tests name it. */
export interface Need {
  readonly name: string;
  isMet(): boolean;
}

/** What a test or a step is registered with: `Deno.test({ ...needing("nc", "by hand"), fn })`. */
export interface NeedingTest {
  readonly name: string;
  readonly ignore: boolean;
}

const areAllWanted = Deno.env.get("FARCALL_TEST_PROGRAMS") === "all";

/**
 * The name of a test or step that needs programs of the system, and whether to ignore it.
 *
 * @param needs Programs by name, and what else a machine may lack.
 * @throws {Error} If one is missing where all are wanted.
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

/** A mount namespace of one's own, in which file systems can be mounted. */
export const ownMounts: Need = {
  name: "unshare with mounts of one's own",
  isMet: () => mountFlags() !== undefined,
};

/** How `unshare` gives a mount namespace: to root, or as a root of its own; undefined where neither works. */
function mountFlags(): readonly string[] | undefined {
  if (Deno.build.os !== "linux") return undefined;
  return [["-m"], ["-Urm"]].find((flags) =>
    succeeds("unshare", [...flags, "sh", "-c", "mount -t tmpfs none /mnt"])
  );
}

/** farcall, whose process a shell prepares: after `script`, it becomes farcall. */
export function shelled(farcall: Program, script: string): Program {
  return under(farcall, "/bin/sh", "-c", `${script} && exec "$0" "$@"`);
}

/** farcall that may use the C library, as the executable may. */
export function withFfi(farcall: Program): Program {
  const [run, ...rest] = farcall.args;
  if (run !== "run" || rest.includes("--allow-ffi")) return farcall;
  return { ...farcall, args: [run, "--allow-ffi", ...rest] };
}

/** farcall in {@linkcode ownMounts}, which the shell's `script` mounts. */
export function mounted(farcall: Program, script: string): Program {
  return inOwnMounts(shelled(farcall, script));
}

/** A program in {@linkcode ownMounts}. */
export function inOwnMounts(program: Program): Program {
  return under(program, "unshare", ...mountFlags()!);
}

/** The shell's script that leaves nowhere for temporary files, in {@linkcode ownMounts}. */
export const withoutTemporaryFolders = ["/tmp", "/var/tmp", "/dev/shm"]
  .map((folder) =>
    `mount --bind ${folder} ${folder} && mount -o remount,bind,ro,nosuid,nodev ${folder}`
  )
  .join(" && ");

/** A Python that has a module. */
export function pythonModule(module: string): Need {
  return { name: `python3 with ${module}`, isMet: () => pythonWith(module) !== undefined };
}

/** The path of the first Python on PATH that has a module: the first of all need not be the system's. */
export function pythonWith(module: string): string | undefined {
  return pathsOf("python3").find((python) => succeeds(python, ["-c", `import ${module}`]));
}

/** Where a program lies, in PATH's order. */
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
