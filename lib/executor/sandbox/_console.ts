/**
 * What scripts say goes to the node, bounded in length and number: the lines of their console, and what they throw
 * where nobody catches it.
 */
import { limits } from "../../limits/mod.ts";
import { needStack } from "./facades/stack_room.ts";
import type { ConsoleLine } from "../link.ts";

/** Takes a line for the node's log, at most as many and as long as is allowed. */
export type Print = (level: ConsoleLine["level"], text: string) => void;

/**
 * Puts a console into the global scope whose lines go to `send`.
 *
 * @returns What prints a line as the console does, and counts it.
 */
export function replaceConsole(
  send: Print,
  { linesPerSecondMax }: { linesPerSecondMax: number },
): Print {
  const now = Date.now;
  let second = 0;
  let lines = 0;

  function print(level: ConsoleLine["level"], text: string): void {
    // Half a message would end the link to the node.
    needStack();
    const thisSecond = Math.floor(now() / 1000);
    if (thisSecond !== second) {
      const dropped = lines - linesPerSecondMax;
      second = thisSecond;
      lines = 0;
      if (dropped > 0) send("warn", `${dropped} more lines were not logged: too many in a second`);
    }
    lines += 1;
    if (lines <= linesPerSecondMax) send(level, text.slice(0, limits.scriptLogLineBytesMax));
  }

  const methods: Record<string, (...values: unknown[]) => void> = {};
  for (const name of Object.keys(globalThis.console)) methods[name] = () => {};
  for (const [name, level] of Object.entries(levels)) {
    methods[name] = (...values) => {
      // Showing values runs code of the script, and may take long: not for a line that nobody gets.
      if (lines < linesPerSecondMax || Math.floor(now() / 1000) !== second) {
        print(level, values.map(show).join(" "));
      } else lines += 1;
    };
  }
  Object.defineProperty(globalThis, "console", {
    value: methods,
    configurable: true,
    enumerable: false,
    writable: false,
  });
  return print;
}

const levels: Readonly<Record<string, ConsoleLine["level"]>> = {
  debug: "debug",
  log: "info",
  info: "info",
  warn: "warn",
  error: "error",
  trace: "debug",
  dir: "info",
  table: "info",
};

/** Where what nobody catches is logged. Neither ever throws. */
export interface UncaughtReports {
  readonly onThrown: (thrown: unknown) => void;
  readonly onRejected: (reason: unknown) => void;
}

/** Makes what a script throws or rejects after its reply a line in the log. */
export function reportUncaught(print: Print): UncaughtReports {
  const report = (what: string) => (thrown: unknown): void => {
    try {
      print("error", `${what}: ${textOf(thrown)}`);
    } catch {
      // There is no stack left to say so.
    }
  };
  return {
    onThrown: report("an uncaught error"),
    onRejected: report("an unhandled promise rejection"),
  };
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.stack ?? thrown.message : thrown);
  } catch {
    return "something that cannot be shown";
  }
}

/** A value as a line of the log shows it. Never throws, whatever it is given. */
export function show(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (value instanceof Error) return String(value.stack ?? value.message);
    if (typeof value === "object" && value !== null) {
      return String(
        JSON.stringify(value, (_, item) => typeof item === "bigint" ? `${item}n` : item),
      );
    }
    return String(value);
  } catch {
    return "(a value that cannot be shown)";
  }
}
