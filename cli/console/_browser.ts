/** Opens an address in the system's default browser. */

/** @returns Whether a program to open it was found. */
export function openBrowser(address: string): boolean {
  const [command, ...args] = opener();
  if (command === undefined) return false;
  try {
    const process = new Deno.Command(command, {
      args: [...args, address],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    process.unref();
    return true;
  } catch {
    return false;
  }
}

function opener(): string[] {
  switch (Deno.build.os) {
    case "darwin":
      return ["open"];
    case "windows":
      return ["cmd", "/c", "start", ""];
    default: {
      // Without a display, it would start a text browser in this terminal.
      const hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY"].some((name) => Deno.env.get(name));
      return hasDisplay ? ["xdg-open"] : [];
    }
  }
}
