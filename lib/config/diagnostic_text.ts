/** How mistakes are shown to a person. */
import { type Diagnostic, InvalidConfiguration } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";

/** Characters of a source line that are shown; a longer line is cut around the caret. */
const lineLengthShownMax = 160;
/** Mistakes in the message of an error, and characters of each. */
const mistakesToldMax = 5;
const mistakeLengthToldMax = 400;

/**
 * The error for a file with mistakes: the first ones in its message, which an uncaught error shows, and all of them in
 * its details, formatted by {@linkcode formatDiagnostic}.
 *
 * @param has Subject and verb of the message: `init.yaml has`.
 * @param mistakes At least one.
 * @param count The total, including those left out. Default: the number of `mistakes`.
 */
export function invalidConfiguration(
  has: string,
  mistakes: readonly Diagnostic[],
  count: number = mistakes.length,
): InvalidConfiguration {
  const what = count === 1 ? "1 mistake; fix it" : `${count} mistakes; fix them`;
  const summary = `${has} ${what} and try again`;
  const told = mistakes.slice(0, mistakesToldMax).map((mistake) => `  ${shorten(lineOf(mistake))}`);
  const more = (shownCount: number) =>
    count > shownCount ? [`… and ${count - shownCount} more`] : [];
  const lines = [summary, ...told, ...more(told.length).map((line) => `  ${line}`)];
  const listed = mistakes.slice(0, limits.mistakesMax);
  const details = [...listed.map(formatDiagnostic), ...more(listed.length)];
  return new InvalidConfiguration(lines.join("\n"), listed, { summary, details });
}

/**
 * Formats a mistake as `file:line:column: message`, followed by the source line with a caret under the column, and the
 * hint, if the mistake has them.
 *
 * The caret stays under its character behind tabs (which are kept), wide characters and combining marks.
 * Control characters of the file are shown as `�`, so that a file cannot steer the terminal. A long
 * line is cut around the caret.
 *
 * @returns Several lines without a line break at the end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const text = formatDiagnostic({
 *   file: "init.yaml",
 *   line: 7,
 *   column: 5,
 *   message: 'unknown key "tennants"',
 *   hint: 'did you mean "tenants"?',
 *   sourceLine: "    tennants: [c1]",
 * });
 * assert.equal(text, [
 *   'init.yaml:7:5: unknown key "tennants"',
 *   "  |",
 *   "7 |     tennants: [c1]",
 *   "  |     ^",
 *   '  hint: did you mean "tenants"?',
 * ].join("\n"));
 * ```
 */
export function formatDiagnostic(mistake: Diagnostic): string {
  const { line, column, hint, sourceLine } = mistake;
  const lines = [lineOf(mistake)];
  if (sourceLine !== undefined && sourceLine.trim() !== "") {
    const { before, after } = cut(sourceLine, column - 1);
    const number = String(line);
    const gutter = " ".repeat(number.length);
    lines.push(`${gutter} |`);
    lines.push(`${number} | ${visible(before + after)}`);
    lines.push(`${gutter} | ${blank(before)}^`);
  }
  if (hint !== undefined) lines.push(`  hint: ${visible(hint)}`);
  return lines.join("\n");
}

function lineOf({ file, line, column, message }: Diagnostic): string {
  return `${visible(file)}:${line}:${column}: ${visible(message)}`;
}

function shorten(line: string): string {
  return line.length <= mistakeLengthToldMax ? line : `${line.slice(0, mistakeLengthToldMax)}…`;
}

/** The line before and from the caret on, shortened on both sides where it is too long. */
function cut(sourceLine: string, index: number): { before: string; after: string } {
  const characters = [...sourceLine];
  const whole = sourceLine.length <= lineLengthShownMax;
  const start = whole || index < lineLengthShownMax / 2 ? 0 : index - lineLengthShownMax / 2;
  const end = whole ? characters.length : start + lineLengthShownMax;
  const before = characters.slice(start, index).join("");
  const after = characters.slice(index, end).join("");
  return {
    before: start > 0 ? `…${before}` : before,
    after: end < characters.length ? `${after}…` : after,
  };
}

/** Replaces control characters, which a terminal would act on; tabs stay. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => character === "\t" ? character : "�",
  );
}

const noWidth = /[\p{Mark}\u200b-\u200d\ufe0f]/u;
const twoWide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u;

/** White space exactly as wide as the text, with the text's own tabs. */
function blank(text: string): string {
  let result = "";
  for (const character of text) {
    if (character === "\t") result += "\t";
    else if (twoWide.test(character)) result += "  ";
    else if (!noWidth.test(character)) result += " ";
  }
  return result;
}
