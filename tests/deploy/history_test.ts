import assert from "node:assert/strict";
import { deploymentsOf, formatHistory } from "../../lib/deploy/history.ts";
import type { PastGeneration } from "../../lib/manifest/mod.ts";
import { publicKey } from "../../lib/identity/mod.ts";

const key = publicKey("ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw");

const firstMs = Date.parse("2026-11-20T17:02:10.500Z");

/** A generation from `number minutes id`, and the generation that it restored. */
function generation(text: string, rollbackTo?: number): PastGeneration {
  const [number, minutes, id, isSigned] = text.split(" ");
  const signed = isSigned === undefined ? undefined : { key, signature: "abc" };
  return {
    number: Number(number),
    committedAtMs: firstMs + Number(minutes) * 60_000,
    deployment: { id: id.repeat(12), deployer: "ann@lab", from: "127.0.0.1", rollbackTo, signed },
    hash: `hash of ${number}`,
    manifestHash: "m",
  };
}

Deno.test("a history lists each deployment once, the newest first, with its outcome", () => {
  const deployments = deploymentsOf([
    {
      node: "s1",
      generations: [generation("3 0 aa"), generation("4 5 bb signed"), generation("5 9 cc", 3)],
    },
    { node: "s2", generations: [generation("7 1 aa signed"), generation("8 6 bb signed")] },
    { node: "s3", generations: [] },
  ]);
  assert.equal(
    formatHistory(deployments),
    "2026-11-20 17:11:10Z  cccccccc  ann@lab from 127.0.0.1  unsigned                     " +
      "runs on s1 (5, as 3)\n" +
      "2026-11-20 17:07:10Z  bbbbbbbb  ann@lab from 127.0.0.1  ed25519:PUAXw-hD…            " +
      "runs on s2 (8); was s1 (4)\n" +
      "2026-11-20 17:02:10Z  aaaaaaaa  ann@lab from 127.0.0.1  unsigned, ed25519:PUAXw-hD…  " +
      "was s1 (3), s2 (7)\n",
  );
  assert.deepEqual(deployments[1].nodes[1], {
    node: "s2",
    generation: 8,
    isCurrent: true,
    rollbackTo: undefined,
    signedBy: key,
    hash: "hash of 8",
  });
});

Deno.test("generations without a deployment are listed alone", () => {
  const unknown = { ...generation("1 0 aa"), deployment: undefined };
  const deployments = deploymentsOf([
    { node: "s1", generations: [unknown] },
    { node: "s2", generations: [unknown] },
  ]);
  assert.equal(deployments.length, 2);
  assert.match(
    formatHistory(deployments),
    /^2026-11-20 17:02:10Z {2}- {2}unknown {2}unsigned {2}\w.* s1 \(1\)\n/,
  );
});
