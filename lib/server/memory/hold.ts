/** Bytes that are held until they are released, all together. */
export interface Hold {
  /** @throws {Overloaded} If so many more may not be held now. */
  grow(bytes: number): void;
  /** May be called again. */
  release(): void;
}
