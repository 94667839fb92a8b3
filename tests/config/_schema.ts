/** The JSON Schema of init.yaml, held against the checks. */
import assert from "node:assert/strict";
import { Ajv } from "npm:ajv@8.17.1";
import { parse } from "npm:yaml@2.9.1";
import { configurationSchema } from "../../lib/config/mod.ts";

let validate: ReturnType<Ajv["compile"]> | undefined;

/** Whether the schema takes a text; undefined where it is not YAML, which no schema can say. */
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

/** Mistakes that no shape tells, by what they are about. */
const beyondShapes: readonly RegExp[] = [
  // What names refer to.
  / there is no (server|client) |, allowed to call rpc /,
  // What a network has.
  /but network names no fleet/,
  // What is written twice.
  / is (named|given) twice, |two overloads of rpc|the (servers|clients) .* have one (address|key)/,
  /two arguments are named|^\S+ \d+ names for \d+ arguments/,
  // What a value means: types, addresses, permissions, values of examples.
  / bad type |expected a type, got several|^\S+ example \d+ of .*: /,
  / expected an (IP )?address| is an address inside a network|SHA-256 of a certificate/,
  / is not (an absolute path|a host or host:port|the name of a variable|a kind of system information)/,
  / is not a name of an argument|expected the path of a script, got the text/,
  / over IP and UDP | works only over TCP/,
  // How much there may be.
  / too small to work with|too many; | at most \d+ are allowed/,
  // YAML itself.
  /tags \(!\)|unexpected here|is never closed|is indented differently|must be quoted/,
  /no such escape|a text cannot begin with|a second YAML document/,
];

const lengthMax = 8 * 1024;

/** A text without mistakes fits the schema, and one with mistakes does not, unless they are beyond shapes. */
export function assertSchemaAgrees(text: string, mistakes: readonly string[]): void {
  // What is large, or explodes, is about bounds.
  if (text.length > lengthMax || text.includes("*")) return;
  const fits = fitsSchema(text);
  if (fits === undefined) return;
  const shapely = mistakes.filter((mistake) => !beyondShapes.some((kind) => kind.test(mistake)));
  if (mistakes.length === 0) assert.ok(fits, `the schema refuses\n${text}`);
  else if (shapely.length > 0) {
    assert.ok(!fits, `the schema takes\n${text}\nin spite of ${shapely}`);
  }
}
