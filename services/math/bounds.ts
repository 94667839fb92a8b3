/** The least and the greatest of some values, as one value of two parts; null where there are none. */
export function bounds(values: number[]): [number, number] | null {
  if (values.length === 0) return null;
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return [least, greatest];
}
