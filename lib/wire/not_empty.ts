/** Empty texts, which stand for nothing that a program could mean: most are a variable that was not set. */

/**
 * Refuses options that are empty texts; one that is left out is not.
 *
 * @param texts By the names of the options.
 * @throws {TypeError} If one is.
 */
export function refuseEmpty(texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === "") {
      throw new TypeError(`${name} is empty; give a value, or leave it out for the default`);
    }
  }
}
