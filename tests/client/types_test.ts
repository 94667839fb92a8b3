/** The output of `farcall types`, as text; `type_check_test.ts` type-checks it. */
import assert from "node:assert/strict";
import { formatTypes } from "../../lib/client/types_text.ts";
import { typedServices as services } from "../_support/typed_services.ts";

Deno.test("types are one interface with a method for every overload", () => {
  const text = formatTypes(services);
  assert.equal(
    text.slice(text.indexOf("export interface")),
    `export interface Services {
  /**
   * sums
   * and more *\\/ here
   */
  math: {
    /** adds */
    add(value1: number | bigint, value2: number | bigint): Promise<number>;
    add(value1: string, value2: string): Promise<string>;
    divide(dividend: number | bigint, new_: number | bigint): Promise<[number, number]>;
    stop(): Promise<void>;
  };
  "odd-name": {
    "all-types"(value1: readonly (number | bigint)[], value2: readonly [Uint8Array, readonly (string | null)[]] | null, value3: { readonly [key: string]: number }, value4: null): Promise<{ [key: string]: (boolean | null)[] }>;
  };
}
`,
  );
  assert.equal(text, formatTypes(structuredClone(services)));
  assert.match(formatTypes([]), /\bServices \{\n\}\n$/);
});
