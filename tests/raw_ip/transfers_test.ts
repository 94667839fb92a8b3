import assert from "node:assert/strict";
import { transfer } from "./_transfer.ts";

/** More runs: FARCALL_RAW_IP_TRANSFERS=20000. Other seeds: FARCALL_RAW_IP_SEED=7. */
const transfersMax = Number(Deno.env.get("FARCALL_RAW_IP_TRANSFERS") ?? 75);
const firstSeed = Number(Deno.env.get("FARCALL_RAW_IP_SEED") ?? 1);

Deno.test("every byte arrives once and in order, whatever the network loses, duplicates, corrupts, delays", () => {
  let connections = 0;
  let failures = 0;
  for (let index = 0; index < transfersMax; index++) {
    const seed = firstSeed + index;
    try {
      const result = transfer(seed);
      connections += result.connections;
      failures += result.failures;
    } catch (error) {
      throw new Error(`FARCALL_RAW_IP_SEED=${seed} FARCALL_RAW_IP_TRANSFERS=1: ${error}`, {
        cause: error,
      });
    }
  }
  // At 40% loss both ways a living peer may seem dead.
  assert.ok(failures <= connections / 100, `${failures} of ${connections} failed`);
});
