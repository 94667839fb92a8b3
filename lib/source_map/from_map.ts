/** Converts a bundler's source map to the stored form. */
import { encodeVlq, VlqReader } from "./_vlq.ts";
import { headerLine } from "./source_map.ts";

/**
 * Converts a bundler's source map to the compact form.
 *
 * @param json A source map (ECMA-426, version 3) without sections.
 * @param nameOf Returns the stored name of a source.
 * @throws {SyntaxError} If it is not a source map.
 */
export function compactSourceMap(json: string, nameOf: (source: string) => string): string {
  const { sources, mappings } = JSON.parse(json) as { sources?: unknown; mappings?: unknown };
  if (!Array.isArray(sources) || typeof mappings !== "string") {
    throw new SyntaxError("this is not a source map");
  }
  const names = sources.map((source) => nameOf(String(source)));
  const lines = [headerLine, JSON.stringify(names)];
  let [source, sourceLine, sourceColumn] = [0, 0, 0];
  for (const line of mappings.split(";")) {
    const reader = new VlqReader(line);
    const segments: string[] = [];
    let column = 0;
    let before = [0, 0, 0, 0];
    while (reader.hasNumber) {
      column += reader.read();
      // A segment with one number has no source: the previous one ends there.
      const isSomewhere = reader.hasNumber;
      if (isSomewhere) {
        source += reader.read();
        sourceLine += reader.read();
        sourceColumn += reader.read();
        if (reader.hasNumber) reader.read();
        const now = [column, source, sourceLine, sourceColumn];
        segments.push(now.map((value, index) => encodeVlq(value - before[index]!)).join(""));
        before = now;
      }
      reader.at++;
    }
    lines.push(segments.join(","));
  }
  while (lines.at(-1) === "") lines.pop();
  return lines.join("\n") + "\n";
}
