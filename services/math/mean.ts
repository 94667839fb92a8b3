/** The arithmetic mean. */
export function mean(values: number[]): number {
  if (values.length === 0) throw new Error("the mean of no values is not defined");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
