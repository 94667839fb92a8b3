/** The console that scripts see: its lines go to the node, bounded in length and number. */
import { limits } from "../limits/mod.ts";
import type { ConsoleLine } from "./link.ts";

/** Puts a console into the global scope whose lines go to `send`. */
export function replaceConsole(
  send: (level: ConsoleLine["level"], text: string) => void,
  { linesPerSecondMax }: { linesPerSecondMax: number },
): void {
  let second = 0;
  let lines = 0;
  const now = Date.now;
  const original = globalThis.console;
  const print = (level: ConsoleLine["level"]) => (...values: unknown[]): void => {
    const thisSecond = Math.floor(now() / 1000);
    if (thisSecond !== second) {
      const dropped = lines - linesPerSecondMax;
      second = thisSecond;
      lines = 0;
      if (dropped > 0) send("warn", `${dropped} more lines were not logged: too many in a second`);
    }
    lines += 1;
    if (lines > linesPerSecondMax) return;
    send(level, values.map(show).join(" ").slice(0, limits.scriptLogLineBytesMax));
  };
  const nothing = (): void => {};
  const methods: Record<string, (...values: unknown[]) => void> = {};
  for (const name of Object.keys(original)) methods[name] = nothing;
  Object.assign(methods, {
    debug: print("debug"),
    log: print("info"),
    info: print("info"),
    warn: print("warn"),
    error: print("error"),
    trace: print("debug"),
    dir: print("info"),
    table: print("info"),
  });
  Object.defineProperty(globalThis, "console", {
    value: methods,
    configurable: false,
    enumerable: false,
    writable: false,
  });
}

function show(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (value instanceof Error) return value.stack ?? value.message;
    if (typeof value === "object" && value !== null) {
      return JSON.stringify(value, (_, item) => typeof item === "bigint" ? `${item}n` : item);
    }
    return String(value);
  } catch {
    return "(a value that cannot be shown)";
  }
}
