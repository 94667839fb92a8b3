/** Wraps an attack's script so that it returns its loot, or the error that stopped it. */

/**
 * @param body Of an async function that has a `bait` and returns its loot.
 * @returns A script that returns `got …`, or name and message of what was thrown.
 */
export function trying(body: string): string {
  return `export default async function attempt(text) {
  const bait = JSON.parse(text);
  try {
    const got = await (async () => { ${body} })();
    return "got " + String(got);
  } catch (error) {
    return error.name + ": " + error.message;
  }
}`;
}

/** As {@linkcode trying}, with `self` for the function's `this`. */
export function tryingWithThis(body: string): string {
  return trying(`const self = outer; ${body}`).replace(
    "const bait",
    "const outer = this;\n  const bait",
  );
}

/** The outcome of using a name that is missing, or undefined. */
export function isMissing(name: string): { value: RegExp } {
  const undefinedUse =
    "TypeError: (Cannot read properties of undefined .*|.* is not a (constructor|function))";
  return { value: new RegExp(`^(ReferenceError: ${name} is not defined|${undefinedUse})$`) };
}
