/** Which scripts a node checks itself, and that it checks them as a helper does. */
import assert from "node:assert/strict";
import { WholeMessages } from "../../lib/helper/mod.ts";
import { limits, limitsWith } from "../../lib/limits/mod.ts";
import { scriptIdOf } from "../../lib/identity/mod.ts";
import { mentions } from "../_support/mentions.ts";
import { RecordingLog } from "../_support/recording_log.ts";
import { bytesOf, gzip, type TestConnection, TestNode } from "../_support/nodes/node.ts";

const patience = { timeoutMs: 60_000 };

const rejected = (...facts: string[]) => ({ code: "Deploy Rejected", message: mentions(...facts) });

/** A script of so many bytes. */
function scriptOf(bytes: number): Uint8Array<ArrayBuffer> {
  const text = "export const f = () => 1; //";
  return bytesOf(text + "x".repeat(bytes - text.length));
}

async function putAs(
  { raw }: TestConnection,
  { bytes, packed, placesBytes }: {
    readonly bytes: number;
    readonly packed: Uint8Array<ArrayBuffer>;
    readonly placesBytes?: number;
  },
): Promise<void> {
  const id = await scriptIdOf(packed);
  const scripts = [{ id, bytes, placesBytes }];
  await raw.request({ op: "put", scripts }, patience, await gzip(packed));
}

Deno.test("small scripts start no helper, whatever is wrong with them; a larger one does", async (t) => {
  await using node = await TestNode.start();
  await using connection = await node.connection();
  const put = (...scripts: string[]) => connection.put(scripts.map(bytesOf));
  await t.step("many at once", async () => {
    const count = limits.smallScriptMessagesMax;
    const puts = Array.from(
      { length: count },
      (_, index) => put(`export const a = ${index};`, `export const b = ${index};`),
    );
    await Promise.all(puts);
  });
  const refused: [name: string, script: string, ...told: string[]][] = [
    ["an import", "import fs from 'node:fs';", "an import", "1:1"],
    ["an import()", "export const f = () => import('x');", "import()", "1:24"],
    ["import.meta", "export const f = () => import.meta;", "import.meta", "1:24"],
    ["a source map", "f();\n//# sourceMappingURL=x", "source map", "2:1"],
    ["a mistake", "export const = 1;", "1:13"],
    ["too deep", "[".repeat(2000), "JavaScript"],
  ];
  for (const [name, script, ...told] of refused) {
    await t.step(name, () => assert.rejects(put("export const a = 1;", script), rejected(...told)));
  }
  await t.step("more or fewer bytes than announced", async () => {
    const packed = scriptOf(1000);
    for (const bytes of [0, 999, 1001]) {
      await assert.rejects(putAs(connection, { bytes, packed }), rejected("whole"));
    }
    // Packed, it is small enough.
    const bomb = new Uint8Array(10_000_000);
    await assert.rejects(putAs(connection, { bytes: 1000, packed: bomb }), rejected("whole"));
  });
  await t.step("no source map where one is announced", async () => {
    const packed = bytesOf("export const a = 1;nothing");
    await assert.rejects(
      putAs(connection, { bytes: 19, placesBytes: 7, packed }),
      rejected("source map"),
    );
  });
  assert.deepEqual(node.log.all("helper.started"), []);
  await t.step("what is larger", async () => {
    await connection.put([scriptOf(limits.scriptHelperBytesMin - 1)]);
    assert.deepEqual(node.log.all("helper.started"), []);
    await connection.put([scriptOf(limits.scriptHelperBytesMin)]);
    assert.equal(node.log.all("helper.started").length, 1);
  });
});

Deno.test("of many messages of small scripts at once, a helper takes those that are too many", async () => {
  const log = new RecordingLog();
  const messages = new WholeMessages({ confine: (command) => command, log, bounds: limitsWith() });
  try {
    const script = bytesOf("export const a = 1;");
    const scripts = [{ id: await scriptIdOf(script), bytes: script.length }];
    const packed = await gzip(script);
    const started: number[] = [];
    const unpacking = Array.from({ length: limits.smallScriptMessagesMax + 1 }, () => {
      const unpacked = messages.unpackScripts(scripts, packed, "a");
      started.push(log.all("helper.started").length);
      return unpacked;
    });
    for (const [unpacked] of await Promise.all(unpacking)) assert.deepEqual(unpacked, script);
    assert.deepEqual(started, unpacking.map((_, index) => Number(index + 1 === unpacking.length)));
    await messages.unpackScripts(scripts, packed, "a");
    assert.equal(log.all("helper.started").length, 1);
  } finally {
    await messages.close();
  }
});
