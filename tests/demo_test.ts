import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadConfiguration } from "../lib/config/mod.ts";

const root = new URL("../", import.meta.url);

Deno.test("the demo's drawing shows every deployed rpc beside its service", async () => {
  const { services } = await loadConfiguration(fileURLToPath(new URL("init.yaml", root)));
  const demo = await Deno.readTextFile(new URL("docs/demo/main.ts", root));
  const drawing = demo.slice(demo.indexOf("clients "), demo.indexOf("Everybody can reach"));
  for (const { name, rpcs, providers } of services.values()) {
    const row = [name, " ", ...rpcs.keys()].join(" ").replace("   ", "  ");
    assert.equal(drawing.split(row).length - 1, providers.length, row);
  }
});
