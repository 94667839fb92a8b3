/** The JSON Schema and the checks agree on the files in the documents, and on every mistake in the other tests. */
import assert from "node:assert/strict";
import { configurationSchema } from "../../lib/config/mod.ts";
import { mistakesIn } from "./helpers.ts";
import { fitsSchema } from "./_schema.ts";

const root = new URL("../../", import.meta.url);

Deno.test("every init.yaml in the repository and in the documents matches the schema", async () => {
  const texts = [await Deno.readTextFile(new URL("init.yaml", root))];
  for (const path of ["README.md", "docs/init-yaml.md"]) {
    const document = await Deno.readTextFile(new URL(path, root));
    const blocks = [...document.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
    texts.push(...blocks.filter((text) => /^network:/m.test(text)));
  }
  assert.ok(texts.length >= 3, `${texts.length} files`);
  for (const text of texts) assert.equal(fitsSchema(text), true, text);
});

Deno.test("the original assignment's spellings match the schema and pass the checks", () => {
  const text = `network:
  server:
    - s1: { ip: 127.0.0.1, port: 8181 }
  client:
    - c1: [{ ip: 127.0.0.1 }]
service:
  - math:
      provider: s1
      tenant: [c1]
      rpc: [add, twice]
rpc:
  - add:
      - argument-types: [int, int]
      - return-types: int
      - path: add.ts
  - twice:
      - { args: int, src: twice.ts }
      - { args: str, returns: str, src: twice.ts }
`;
  assert.deepEqual(mistakesIn(text), []);
});

Deno.test("an editor has a description for every key", () => {
  const seen: string[] = [];
  const walk = (schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    const { properties } = schema as { properties?: Record<string, { description?: string }> };
    for (const [key, { description }] of Object.entries(properties ?? {})) {
      // A rule for a single case would describe nothing.
      if (description !== undefined) seen.push(key);
    }
    for (const part of Object.values(schema)) walk(part);
  };
  walk(configurationSchema());
  for (
    const key of ["network", "ip", "argument-types", "fingerprint", "timeout", "net", "throws"]
  ) {
    assert.ok(seen.includes(key), key);
  }
});
