/** Sends scripts' console lines and uncaught errors to the node, bounded in length and number. */
import { formatLine, inspectBare, tableOf } from "../../inspect/mod.ts";
import { limits } from "../../limits/mod.ts";
import { callContext } from "./_current_call.ts";
import { needStack } from "./facades/stack_room.ts";
import type { ConsoleLine } from "../link.ts";
import { stackOf } from "../thrown.ts";

/** Sends a line to the node's log, within the bounds. @param place The location of the print. */
export type Print = (
  level: ConsoleLine["level"],
  text: string,
  place: string | undefined,
) => void;

/** A line that is formatted only if it is printed, because formatting may take long. */
type Line = () => string;

/** One call's console state: counters, timers, groups. */
interface ConsoleState {
  indent: number;
  readonly counts: Map<string, number>;
  readonly timersMs: Map<string, number>;
}

/**
 * Installs a console whose lines go to `send`.
 *
 * @returns Prints a line like the console, and counts it.
 */
export function replaceConsole(
  send: Print,
  { linesPerSecondMax }: { linesPerSecondMax: number },
): Print {
  const now = Date.now;
  let second = 0;
  let lines = 0;

  function print(level: ConsoleLine["level"], line: Line, locationOf = callerLocation): void {
    const thisSecond = Math.floor(now() / 1000);
    if (lines >= linesPerSecondMax && thisSecond === second) {
      lines += 1;
      return;
    }
    const text = line();
    // A partial message would break the link to the node.
    needStack();
    const place = locationOf();
    if (thisSecond !== second) {
      const dropped = lines - linesPerSecondMax;
      second = thisSecond;
      lines = 0;
      if (dropped > 0) {
        const message = `${dropped} more lines were not logged: too many in a second`;
        send("warn", message, undefined);
      }
    }
    lines += 1;
    send(level, text.slice(0, limits.scriptLogLineBytesMax), place);
  }

  const methods: Record<string, (...values: never[]) => void> = {};
  for (const name of Object.keys(globalThis.console)) methods[name] = () => {};
  Object.defineProperty(globalThis, "console", {
    value: Object.assign(methods, consoleMethods(print)),
    configurable: true,
    enumerable: false,
    writable: false,
  });
  return (level, text, place) => print(level, () => text, () => place);
}

function consoleMethods(
  printLine: (level: ConsoleLine["level"], line: Line) => void,
): Record<string, (...values: never[]) => void> {
  const clock = performance.now.bind(performance);
  const states = new WeakMap<object, ConsoleState>();
  const noCall = {};

  function state(): ConsoleState {
    const context = callContext() ?? noCall;
    const known = states.get(context);
    if (known !== undefined) return known;
    const begun = { indent: 0, counts: new Map(), timersMs: new Map() };
    states.set(context, begun);
    return begun;
  }

  function print(level: ConsoleLine["level"], line: Line): void {
    printLine(level, () => {
      const indent = "  ".repeat(Math.min(state().indent, limits.consoleIndentMax));
      return indent === "" ? line() : indent + line().replaceAll("\n", `\n${indent}`);
    });
  }

  const printAt = (level: ConsoleLine["level"]) => (...values: unknown[]): void =>
    print(level, () => formatLine(values));
  const group = (...values: unknown[]): void => {
    if (values.length > 0) print("info", () => formatLine(values));
    state().indent += 1;
  };
  const elapsed = (label: string, values: readonly unknown[]): boolean => {
    const startedMs = state().timersMs.get(label);
    if (startedMs === undefined) {
      print("warn", () => `console.time was not called for "${label}"`);
      return false;
    }
    const time = `${label}: ${Math.round((clock() - startedMs) * 1000) / 1000}ms`;
    print("info", () => values.length === 0 ? time : formatLine(["%s", time, ...values]));
    return true;
  };
  const remember = (labels: Map<string, number>, label: string, value: number): void => {
    if (labels.has(label) || labels.size < limits.consoleLabelsMax) labels.set(label, value);
    else print("warn", () => `no more than ${limits.consoleLabelsMax} labels are kept`);
  };

  return {
    log: printAt("info"),
    info: printAt("info"),
    dirxml: printAt("info"),
    debug: printAt("debug"),
    warn: printAt("warn"),
    error: printAt("error"),
    trace(...values: unknown[]): void {
      const title = values.length === 0 ? "Trace" : `Trace: ${formatLine(values)}`;
      const { stack } = new Error();
      print("debug", () => title + framesOfCaller(stack));
    },
    assert(condition: unknown, ...values: unknown[]): void {
      if (condition) return;
      const title = "Assertion failed";
      const [first, ...rest] = values;
      print("error", () => {
        if (values.length === 0) return title;
        const isFormat = typeof first === "string";
        return isFormat
          ? formatLine([`${title}: ${first}`, ...rest])
          : formatLine([`${title}:`, ...values]);
      });
    },
    dir(value: unknown, options?: unknown): void {
      print("info", () => inspectBare(value, { depth: depthOf(options) }));
    },
    table(value: unknown, columns?: unknown): void {
      print("info", () => tableOf(value, namesOf(columns)) ?? inspectBare(value));
    },
    group,
    groupCollapsed: group,
    groupEnd(): void {
      const own = state();
      own.indent = Math.max(own.indent - 1, 0);
    },
    count(label?: unknown): void {
      const name = labelOf(label);
      const { counts } = state();
      const count = (counts.get(name) ?? 0) + 1;
      remember(counts, name, count);
      print("info", () => `${name}: ${count}`);
    },
    countReset(label?: unknown): void {
      const name = labelOf(label);
      if (state().counts.delete(name)) return;
      print("warn", () => `console.count was not called for "${name}"`);
    },
    time(label?: unknown): void {
      const name = labelOf(label);
      const { timersMs } = state();
      if (timersMs.has(name)) print("warn", () => `console.time was already called for "${name}"`);
      else remember(timersMs, name, clock());
    },
    timeLog(label?: unknown, ...values: unknown[]): void {
      elapsed(labelOf(label), values);
    },
    timeEnd(label?: unknown): void {
      const name = labelOf(label);
      if (elapsed(name, [])) state().timersMs.delete(name);
    },
  };
}

/** Truncates labels, which are kept while the call runs. */
function labelOf(label: unknown): string {
  return label === undefined ? "default" : inspectBare(label, { depth: 0 }).slice(0, 100);
}

/** Reads a depth as Node does: a number of levels, or `null` for all. */
function depthOf(options: unknown): number | undefined {
  if (typeof options !== "object" || options === null) return undefined;
  const { depth } = options as { depth?: unknown };
  return depth === null ? Infinity : typeof depth === "number" ? depth : undefined;
}

function namesOf(columns: unknown): string[] | undefined {
  return Array.isArray(columns) ? Array.from(columns, String) : undefined;
}

/** A stack without its title and the console's own frames. */
function framesOfCaller(stack: string | undefined): string {
  return String(stack).split("\n").slice(2).map((place) => `\n${place}`).join("");
}

/** The pattern of a script location in a stack. */
const locationPattern = /\/([0-9a-f]{64}\.js:\d{1,9}:\d{1,9})/;

/** Frames searched: the console's, the runtime's in between, as in `lines.forEach(console.log)`, and a script's. */
const framesMax = 8;

/** The first script location in a stack, as `ID.js:LINE:COLUMN`, if any. */
function locationIn(stack: string | undefined): string | undefined {
  return stack === undefined ? undefined : locationPattern.exec(stack)?.[1];
}

/** The location of a console call, from a short stack, regardless of scripts' stackTraceLimit. */
function callerLocation(): string | undefined {
  const lengthMax = Error.stackTraceLimit;
  Error.stackTraceLimit = framesMax;
  try {
    return locationIn(new Error().stack);
  } finally {
    Error.stackTraceLimit = lengthMax;
  }
}

/** Logs uncaught errors. Neither ever throws. */
export interface UncaughtReports {
  readonly onThrown: (thrown: unknown) => void;
  readonly onRejected: (reason: unknown) => void;
}

/** Logs errors and rejections of a script after its reply. */
export function reportUncaught(print: Print): UncaughtReports {
  const report = (what: string) => (thrown: unknown): void => {
    try {
      print("error", `${what}: ${inspectBare(thrown)}`, locationIn(stackOf(thrown)));
    } catch {
      // The stack is exhausted.
    }
  };
  return {
    onThrown: report("an uncaught error"),
    onRejected: report("an unhandled promise rejection"),
  };
}
