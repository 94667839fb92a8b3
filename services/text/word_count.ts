import { wordsOf } from "./words.ts";

/** How often each word occurs. */
export function word_count(text: string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
}
