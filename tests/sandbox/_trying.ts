/** How an attack's script is written where it returns what it got, or what stopped it. */

/**
 * @param body Of an async function that has a `bait` and returns what it got.
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

/** As {@linkcode trying}, with `self` for what the function finds as `this`. */
export function tryingWithThis(body: string): string {
  return trying(`const self = outer; ${body}`).replace(
    "const bait",
    "const outer = this;\n  const bait",
  );
}

/** What comes of using a name that is not there, or that stands for nothing. */
export function isMissing(name: string): { value: RegExp } {
  const undefinedUse =
    "TypeError: (Cannot read properties of undefined .*|.* is not a (constructor|function))";
  return { value: new RegExp(`^(ReferenceError: ${name} is not defined|${undefinedUse})$`) };
}
