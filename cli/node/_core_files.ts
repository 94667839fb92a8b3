/** Core files: what a process that crashes leaves on the disk, with all that it knew. */

/** By its name, and where it stands on systems where there is no PATH. */
const prlimits = ["prlimit", "/usr/bin/prlimit", "/bin/prlimit"];

/**
 * Sees to it that this process leaves none. A process cannot say so itself, so `prlimit` (util-linux) does, on
 * Linux, where it is there. Raise the limit again to get one, by `prlimit` too.
 *
 * @returns Whether it is done.
 */
export async function leaveNoCoreFile(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  for (const program of prlimits) {
    try {
      const { success } = await new Deno.Command(program, {
        args: ["--core=0:", "--pid", `${Deno.pid}`],
        clearEnv: true,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return true;
    } catch {
      // It is not there.
    }
  }
  return false;
}
