/** Compares the JSON Schema of init.yaml with the checks. */
import assert from "node:assert/strict";
import { Ajv } from "npm:ajv@8.17.1";
import { parse } from "npm:yaml@2.9.1";
import { configurationSchema } from "../../lib/config/mod.ts";

let validate: ReturnType<Ajv["compile"]> | undefined;

/** Whether the schema accepts a text; undefined if it is not YAML, which a schema cannot tell. */
export function fitsSchema(text: string): boolean | undefined {
  let value: unknown;
  try {
    value = parse(text, { merge: true, uniqueKeys: false, logLevel: "silent" });
  } catch {
    return undefined;
  }
  validate ??= new Ajv({ strict: true, strictRequired: false, strictTypes: false })
    .compile(configurationSchema());
  return validate(value) as boolean;
}

/** Mistakes that a schema cannot express, by subject. */
const beyondShapes: readonly RegExp[] = [
  // References to names.
  / there is no (server|client) |, allowed to call rpc /,
  // The content of a network.
  /but network names no fleet/,
  // Duplicates.
  / is (named|given) twice, |two overloads of rpc|the (servers|clients) .* have one (address|key)/,
  /two arguments are named|^\S+ \d+ names for \d+ arguments/,
  // The meaning of a value: types, addresses, permissions, values of examples.
  / bad type |expected a type, got several|^\S+ example \d+ of .*: /,
  / expected an (IP )?address| is an address inside a network|SHA-256 of a certificate/,
  / is not (an absolute path|a host or host:port|the name of a variable|a kind of system information)/,
  / is not a name of an argument|expected the path of a script, got the text/,
  / over IP and UDP | works only over TCP/,
  // Amounts.
  / too small to work with|too many; | at most \d+ are allowed/,
  // YAML itself.
  /tags \(!\)|unexpected here|is never closed|is indented differently|must be quoted/,
  /no such escape|a text cannot begin with|a second YAML document/,
];

const lengthMax = 8 * 1024;

/** A text without mistakes matches the schema, and one with mistakes does not, unless no schema can express them. */
export function assertSchemaAgrees(text: string, mistakes: readonly string[]): void {
  // Large or exploding input concerns bounds.
  if (text.length > lengthMax || text.includes("*")) return;
  const fits = fitsSchema(text);
  if (fits === undefined) return;
  const shapely = mistakes.filter((mistake) => !beyondShapes.some((kind) => kind.test(mistake)));
  if (mistakes.length === 0) assert.ok(fits, `the schema refuses\n${text}`);
  else if (shapely.length > 0) {
    assert.ok(!fits, `the schema takes\n${text}\nin spite of ${shapely}`);
  }
}
