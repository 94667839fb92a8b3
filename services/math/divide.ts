/** Quotient and remainder: two return values, which a script returns as an array. */
export function divide(dividend: number, divisor: number): [number, number] {
  if (divisor === 0) throw new Error(`${dividend} cannot be divided by zero`);
  const quotient = Math.floor(dividend / divisor);
  return [quotient, dividend - quotient * divisor];
}
