/** The type of `this` in scripts, as enforced by TypeScript's compiler. */
import assert from "node:assert/strict";
import { formatScriptTypes } from "../../lib/deploy/functions/script_types.ts";
import { withSources } from "./_sources.ts";

const declared = { place: "init.yaml:1:1", path: "prices.js", exportedAs: "default" } as const;

const functions = [
  { ...declared, service: "prices", rpc: "of", args: ["str"], returns: ["int"] },
  { ...declared, service: "prices", rpc: "of", args: ["int"], returns: ["str"] },
  { ...declared, service: "prices", rpc: "watch", args: ["Stream[int]"], returns: ["Stream[str]"] },
  { ...declared, service: "prices", rpc: "secret", args: [], returns: ["int"] },
];

const script = `import type { This } from "./scripts.ts";

export async function total(this: This["shop"], count: number): Promise<string> {
  const prices = this.farcall.service("prices");
  const price: number = await prices.of("apple");
  const name: string = await prices.of(7);
  for await (const each of await prices.watch([count, 2n])) name.concat(each);
  // @ts-expect-error -- its result is a number
  const wrong: string = await prices.of("apple");
  // @ts-expect-error -- it is not granted
  await prices.secret();
  // @ts-expect-error -- there is no such service
  this.farcall.service("stock");
  // @ts-expect-error -- the items are numbers
  await prices.watch(["x"]);
  return wrong + price;
}
`;

Deno.test("a script's `this` is typed by what its service may call", async () => {
  const calls = new Map([["shop", [{ service: "prices", rpcs: ["of", "watch"] }]]]);
  const { text } = formatScriptTypes(functions, (path) => `./${path}`, { calls });
  await withSources({ "scripts.ts": text, "total.ts": script }, async (folder) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--no-config", "--no-lock", `${folder}/total.ts`],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  });
});
