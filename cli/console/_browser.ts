/** Opens an address in the browser that the system would take. */

/** @returns Whether there was something to open it with. */
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
      // Without a display, it would take a browser in this very terminal.
      const hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY"].some((name) => Deno.env.get(name));
      return hasDisplay ? ["xdg-open"] : [];
    }
  }
}
