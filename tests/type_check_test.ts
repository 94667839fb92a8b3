/** Type checks of programs that use the library, in one run, because each loads all of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { formatTypes } from "../lib/client/types_text.ts";
import { repository } from "./_support/commands/cli.ts";
import { temporaryFolder } from "./_support/nodes/node.ts";
import { typedServices } from "./_support/typed_services.ts";

const documents = ["README.md", "docs/cli.md", "docs/init-yaml.md", "docs/library.md"];

const imports = `import { connect } from "${repository}mod.ts"; ` +
  'import type { Services } from "./services.ts";';

const right = `${imports}
    const farcall = await connect<Services>("init.yaml", { as: "c1" });
    const math = farcall.service("math", { timeoutMs: 5 });
    const sum: number = await math.add(2, 3n);
    const text: string = await math.add("a", "b");
    const [quotient, rest]: [number, number] = await math.divide(17, 5);
    await math.stop();
    const odd = await farcall.service("odd-name")["all-types"]([1] as const, [new Uint8Array(), ["x", null]], { a: 1 }, null);
    const flags: (boolean | null)[] = odd.x;
    const untyped = await connect("init.yaml");
    await untyped.service("anything").goes(1, "x");
    export { farcall, flags, quotient, rest, sum, text };`;

const wrong = `${imports}
    const farcall = await connect<Services>("init.yaml");
    const math = farcall.service("math");
    await math.add(2);
    await math.add(2, "x");
    await math.sub(2, 3);
    farcall.service("moth");
    const text: string = await math.add(2, 3);
    await math.stop(1);
    const [, , third] = await math.divide(1, 2);
    export { text, third };`;

Deno.test("the type checker passes the documents' programs and right calls, and no wrong one", async (t) => {
  await using folder = await temporaryFolder();
  const files = { "services.ts": formatTypes(typedServices), "right.ts": right, "wrong.ts": wrong };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder.path, name), text);
  }
  const checked = documents.map((name) => join(repository, name));
  for (const name of ["right.ts", "wrong.ts"]) checked.push(join(folder.path, name));
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--no-config", "--doc", ...checked],
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stderr);
  const places = [...said.matchAll(/^ {4}at file:\/\/(.*?)(?:\$[^:]*)?:(\d+):\d+$/gm)]
    .map(([, path, line]) => ({ path, line: Number(line) }));
  for (const path of checked.slice(0, -1)) {
    await t.step(path, () => assert.ok(!places.some((place) => place.path === path), said));
  }
  await t.step("each wrong line", () => {
    assert.ok(places.every(({ path }) => path === checked.at(-1)), said);
    assert.deepEqual([...new Set(places.map(({ line }) => line))], [4, 5, 6, 7, 8, 9, 10]);
  });
});
