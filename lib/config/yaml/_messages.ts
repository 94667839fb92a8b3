/** Messages for syntax errors, chosen by the library's code and the text, never by its message. */

/** The codes of the YAML library that have messages of ours. */
export function explainSyntax(
  code: string,
  text: string,
  offset: number,
): { message: string; hint?: string } {
  const here = text[offset] ?? "";
  switch (code) {
    case "TAB_AS_INDENT":
      return {
        message: "a tab indents this line, expected spaces",
        hint: "replace each tab by two spaces",
      };
    case "BAD_INDENT":
      return {
        message: "this line is indented differently from those it belongs to",
        hint: "begin the keys of one map, and the dashes of one list, in the same column",
      };
    case "BLOCK_AS_IMPLICIT_KEY":
      return {
        message: 'a second ": " in one line',
        hint: "quote the text if the colon belongs to it, else move what follows to its own line",
      };
    case "MULTILINE_IMPLICIT_KEY":
      return {
        message: "this line has no colon and space after its key",
        hint: "write key: value",
      };
    case "BAD_SCALAR_START":
      return { message: `a text cannot begin with ${here}`, hint: "put the text in quotes" };
    case "BAD_DQ_ESCAPE":
      return {
        message: "no such escape in a text in double quotes",
        hint: "write \\\\ for a backslash, or use single quotes",
      };
    case "TAG_RESOLVE_FAILED":
      return { message: "tags (!) have no meaning in this file", hint: "remove the tag" };
    case "MISSING_CHAR":
      if (here === ":") return { message: "a space is missing after the colon" };
      return {
        message: "a comma is missing before this",
        hint: "separate the items in [ ] or { }",
      };
    case "BLOCK_IN_FLOW":
      return {
        message: "a list or map in lines of its own cannot stand inside [ ] or { }",
        hint: "put the inner one in [ ] or { } as well",
      };
    case "BAD_DIRECTIVE":
      return { message: "no such directive", hint: "remove the line that begins with %" };
    case "BAD_ALIAS":
      return {
        message: "expected a name after & or *",
        hint: "quote the text if no alias is meant",
      };
    default:
      return unexpected(here);
  }
}

function unexpected(here: string): { message: string; hint?: string } {
  if (here === "," || here === "]" || here === "}") {
    return {
      message: `did not expect ${here} here`,
      hint: "remove it, or add what is missing before",
    };
  }
  return {
    message: "unexpected here",
    hint: "check the line above: its indentation, its quotes, its colon",
  };
}

/** The longest type expression that is recognised without its quotes. */
const typeLengthMax = 1000;

/** Finds a type such as `Dict[str, int]` whose opening bracket, or its name, is at an offset. */
export function bracketedTypeAt(
  text: string,
  offset: number,
): { start: number; end: number } | undefined {
  if (text[offset] !== "[") return undefined;
  let start = offset;
  while (start > 0 && offset - start < 100 && /[A-Za-z0-9_]/.test(text[start - 1]!)) start--;
  while (start < offset && /[0-9]/.test(text[start]!)) start++;
  if (start === offset) return undefined;
  let depth = 0;
  const endMax = Math.min(text.length, offset + typeLengthMax);
  for (let at = offset; at < endMax; at++) {
    const character = text[at]!;
    if (character === "[") depth++;
    else if (character === "]" && --depth === 0) {
      return { start, end: at + 1 };
    } else if (!/[A-Za-z0-9_, \]]/.test(character)) return undefined;
  }
  return undefined;
}
