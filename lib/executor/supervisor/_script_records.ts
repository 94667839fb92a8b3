/** Log records of scripts' output and load failures, with source locations. */
import type { LogFields } from "../../log/mod.ts";
import type { ConsoleLine, Load } from "../link.ts";
import type { ScriptProblem } from "../system/start_error.ts";
import type { ExecutorHost } from "./host.ts";

/** The log, and the mapper of locations. */
type Host = Pick<ExecutorHost, "log" | "places">;

/**
 * Logs a line that a script printed.
 *
 * @param overload The overload of its call, if known.
 * @returns Resolves when it is logged; undefined if it already is.
 */
export function logLine(
  { log, places }: Host,
  load: Load,
  { line, overload }: { readonly line: ConsoleLine; readonly overload: number | undefined },
): Promise<void> | undefined {
  const { level, call, text } = line;
  if (!log.keeps(level)) return undefined;
  const write = (text: string, place?: string): void =>
    log[level]("script.console", {
      service: load.service,
      rpc: overload === undefined ? undefined : load.overloads[overload]!.rpc,
      call,
      place,
      text,
    });
  const bundled = locationIn(load, line);
  const place = bundled && places.mapped(bundled);
  // Errors are printed with their stacks.
  const shown = text.includes(".js:") ? places.mapped(text) : text;
  // Without a source map, a location in the bundle means nothing to an author.
  const sourceOf = (mapped: string | undefined) => mapped === bundled ? undefined : mapped;
  if (typeof place !== "object" && typeof shown !== "object") {
    write(shown, sourceOf(place));
    return undefined;
  }
  return Promise.all([shown, place]).then(
    ([shown, place]) => write(shown, sourceOf(place)),
    () => write(text),
  );
}

/** The location that a line names, in the form of stacks, if it is in one of the service's own scripts. */
function locationIn(load: Load, { place }: ConsoleLine): string | undefined {
  const isOwn = place !== undefined &&
    load.overloads.some(({ script }) => place.startsWith(script));
  return isOwn ? `/${place}` : undefined;
}

/** Logs a failed start, with the stack of the first failing script. */
export async function logFailedStart(
  { log, places }: Host,
  fields: LogFields,
  problems: readonly ScriptProblem[],
): Promise<void> {
  const stack = problems.find((problem) => problem.stack !== undefined)?.stack;
  const mapped = stack && await Promise.resolve(places.mapped(stack)).catch(() => stack);
  log.error("executor.start-failed", { ...fields, stack: mapped });
}
