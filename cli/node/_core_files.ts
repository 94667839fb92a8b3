/** Core files, which hold the memory of a crashed process. */

/** By name, and by its usual path for systems without PATH. */
const prlimits = ["prlimit", "/usr/bin/prlimit", "/bin/prlimit"];

/**
 * Disables core files of this process. A process cannot do that itself, so `prlimit` (util-linux) does, on Linux, if
 * installed. To get a core file, raise the limit again with `prlimit`.
 *
 * @returns Whether that succeeded.
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
      // It is not installed.
    }
  }
  return false;
}
