/** Bytes charged until they are released together. */
export interface Hold {
  /** @throws {Overloaded} If this many more may not be held now. */
  grow(bytes: number): void;
  /** Idempotent. */
  release(): void;
}
