/** "Did you mean …?": the nearest of a few known words. */

/** Words longer than this are not compared; the work grows with the square of the length. */
const wordLengthMax = 128;
/** Candidates that are compared; later ones are never suggested. */
const candidatesMax = 2000;

/**
 * Finds the candidate that a person most likely meant by `word`.
 *
 * Near means a Damerau-Levenshtein distance (insert, delete, replace, or swap two neighbours; the variant known as
 * optimal string alignment) of at most a third of the word, and at least one; differences of case cost nothing. Failing
 * that, a candidate that begins with the word, if the word has three letters or more. Among equals the first candidate
 * wins.
 *
 * Only the first 2,000 candidates are looked at, and words up to 128 characters.
 *
 * @returns undefined if nothing is near, or `word` itself is a candidate.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(nearest("tennants", ["providers", "tenants"]), "tenants");
 * assert.equal(nearest("banana", ["providers", "tenants"]), undefined);
 * ```
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > wordLengthMax) return undefined;
  const folded = word.toLowerCase();
  const distanceMax = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = distanceMax + 1;
  let beginsAlike: string | undefined;
  let seen = 0;
  for (const candidate of candidates) {
    if (candidate === word) return undefined;
    if (++seen > candidatesMax) break;
    const other = candidate.toLowerCase();
    if (folded.length >= 3 && other.startsWith(folded)) beginsAlike ??= candidate;
    if (other.length > wordLengthMax) continue;
    // A word of one letter is near only to the same letter in the other case.
    if (folded.length === 1 && other !== folded) continue;
    if (Math.abs(other.length - folded.length) >= bestDistance) continue;
    const distance = distanceBetween(folded, other);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best ?? beginsAlike;
}

/** Optimal string alignment distance, three rows at a time. */
function distanceBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(replace, last[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] &&
        a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
