/**
 * Stacks of farcall's own in an executable, whose modules have short names and few lines: with their places in the
 * sources, for reports and logs.
 */
import { SourceMap } from "../source_map/mod.ts";
import { readPackedText } from "./mod.ts";

/** What is packed: the compact source map of each module, by its file name, as JSON. */
export const packedSourceMaps = "source_maps.json";

/** Compact source maps by the names of their modules' files. */
type SourceMaps = Readonly<Record<string, string>>;

let maps: SourceMaps | undefined;

/** A stack as it is shown. Never throws. */
export function sourceStack(stack: string): string {
  if (!Deno.build.standalone) return stack;
  try {
    return mapStack(stack, () => maps ??= JSON.parse(readPackedText(packedSourceMaps)));
  } catch {
    return stack; // Without a map it still says something.
  }
}

/** The end of a stack's line with a place in a module of ours: a script's name is longer. */
const place = /\/([\w-]{1,60}\.js):(\d{1,9}):(\d{1,9})\)?$/;

/** @param maps Called if there is anything to look up. */
export function mapStack(stack: string, maps: () => SourceMaps): string {
  return stack.split("\n").map((line) => {
    const start = line.indexOf("file://");
    const [, module, lineNumber, column] = place.exec(line) ?? [];
    if (start < 0 || module === undefined) return line;
    const map = maps()[module];
    const found = map && new SourceMap(map).at(Number(lineNumber), Number(column));
    if (!found) return line;
    const end = line.endsWith(")") ? ")" : "";
    return `${line.slice(0, start)}${found.source}:${found.line}:${found.column}${end}`;
  }).join("\n");
}
