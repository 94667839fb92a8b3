/** Every prime number up to and including `limit`, by the sieve of Eratosthenes. */
export function primes(limit: number): number[] {
  if (limit > 10_000_000) throw new Error(`${limit} is too far: ask for primes up to 10000000`);
  const isComposite = new Uint8Array(Math.max(0, limit) + 1);
  const found: number[] = [];
  for (let candidate = 2; candidate <= limit; candidate++) {
    if (isComposite[candidate]) continue;
    found.push(candidate);
    for (let multiple = candidate * candidate; multiple <= limit; multiple += candidate) {
      isComposite[multiple] = 1;
    }
  }
  return found;
}
