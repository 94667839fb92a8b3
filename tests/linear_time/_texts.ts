/** Hostile texts: one pattern repeated, between a beginning and an end that may not fit. */

const units = [
  ["digits", "1"],
  ["zeros", "0"],
  ["letters", "a"],
  ["capitals", "A"],
  ["spaces", " "],
  ["tabs", "\t"],
  ["line feeds", "\n"],
  ["carriage returns", "\r"],
  ["line ends", "\r\n"],
  ["lines of spaces", " \n"],
  ["quotes", '"'],
  ["apostrophes", "'"],
  ["escaped quotes", '\\"'],
  ["backslashes", "\\"],
  ["brackets", "["],
  ["closing brackets", "]"],
  ["empty lists", "[]"],
  ["lists", "[],"],
  ["braces", "{"],
  ["closing braces", "}"],
  ["keys", '"a":'],
  ["objects", '{"a":1},'],
  ["dots", "."],
  ["decimals", "1."],
  ["exponents", "e"],
  ["numbers with exponents", "1e"],
  ["commas", ","],
  ["numbers", "1,"],
  ["minus signs", "-"],
  ["plus signs", "+"],
  ["colons", ":"],
  ["groups of an address", "0:"],
  ["octets", "1.1."],
  ["semicolons", ";"],
  ["fields", "a=b;"],
  ["equals signs", "="],
  ["slashes", "/"],
  ["folders", "a/"],
  ["parents", "../"],
  ["percent signs", "%"],
  ["escaped characters", "%41"],
  ["question marks", "?"],
  ["hashes", "#"],
  ["stars", "*"],
  ["anchors", "&a "],
  ["comments", "*/"],
  ["dashes of a list", "- "],
  ["types", "List["],
  ["tuples", "int,"],
  ["PEM", "-----BEGIN "],
  ["NULs", "\0"],
  ["umlauts", "é"],
  ["pairs", "😀"],
  ["halves of pairs", "\ud83d"],
  ["byte order marks", "\ufeff"],
  ["line separators", "\u2028"],
] as const;

const frames = [
  ["", "", ""],
  [" and an x", "", "x"],
  [" between letters", "x", "x"],
  [" in quotes", '"', '"'],
  [" in brackets", "[", "]"],
  [" between x and a control character", "x", "\x01"],
] as const;

/** A text of any length. */
export interface HostileText {
  readonly what: string;
  of(length: number): string;
}

function textsIn(around: readonly (readonly [string, string, string])[]): HostileText[] {
  return units.flatMap(([name, unit]) =>
    around.map(([what, before, behind]) => {
      // All parsers get the same texts.
      const byLength = new Map<number, string>();
      const of = (length: number): string => {
        const text = byLength.get(length) ??
          before + unit.repeat(Math.ceil(length / unit.length)) + behind;
        byLength.set(length, text);
        return text;
      };
      return { what: name + what, of };
    })
  );
}

/** Each pattern with each beginning and end. */
export const hostileTexts: readonly HostileText[] = textsIn(frames);

/** Each pattern alone, and between letters: for slow parsers. */
export const fewHostileTexts: readonly HostileText[] = textsIn([frames[0], frames[2]]);
