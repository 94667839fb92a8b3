/** Empty texts, and those of white space alone, which stand for nothing that a program could mean: most are a variable that was not set. */

/**
 * Refuses options that are such texts; one that is left out is not.
 *
 * @param texts By the names of the options.
 * @throws {TypeError} If one is.
 */
export function refuseEmpty(texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text === "string" && text.trim() === "") {
      throw new TypeError(`${name} is empty; give a value, or leave it out for the default`);
    }
  }
}
