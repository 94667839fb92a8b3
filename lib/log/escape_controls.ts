/**
 * Characters that control a terminal or reorder its text: C0 and C1 controls except tab and line feed, bidirectional
 * marks, and Unicode's line separators.
 */
// deno-lint-ignore no-control-regex
const steering = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Escapes these characters in a text, as `\x1b` or `\u202e`. */
export function escapeControls(text: string): string {
  return text.replaceAll(steering, (character) => {
    return character > "\xff" ? `\\u${hexOf(character, 4)}` : `\\x${hexOf(character, 2)}`;
  });
}

/** The same in JSON, with JSON's escapes. */
export function escapeControlsInJson(json: string): string {
  return json.replaceAll(steering, (character) => `\\u${hexOf(character, 4)}`);
}

function hexOf(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
