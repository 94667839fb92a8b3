/** The words of a text in lower case: runs of letters and digits. Shared by the scripts of this folder. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
