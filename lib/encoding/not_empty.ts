/** Detects empty and blank options: usually the value of an unset variable. */

/**
 * Refuses empty or blank options; missing ones are accepted.
 *
 * @param texts By the names of the options.
 * @throws {TypeError} If one is empty or blank.
 */
export function refuseEmpty(texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts)) refuseEmptyText(name, text);
}

/** As {@linkcode refuseEmpty}, one option. */
export function refuseEmptyText(name: string, text: unknown): void {
  if (typeof text === "string" && text.trim() === "") {
    throw new TypeError(`${name} is empty; give a value, or leave it out for the default`);
  }
}
