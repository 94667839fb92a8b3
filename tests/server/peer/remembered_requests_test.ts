/** How long a node remembers signed requests, and how many. */
import assert from "node:assert/strict";
import { limits, limitsWith } from "../../../lib/limits/mod.ts";
import { NodeIdentity } from "../../../lib/server/peer/identity.ts";
import { SignedRequests } from "../../../lib/server/peer/signed_requests.ts";
import type { NodeContext } from "../../../lib/server/node_context.ts";
import { memoryPair } from "../../../lib/transport/mod.ts";
import { type RequestProof, textStatement } from "../../../lib/identity/mod.ts";
import { nonce, started } from "./_signed_requests.ts";

Deno.test("a request is remembered as long as it would be accepted, and not forever", async (t) => {
  const { key } = started;
  let [wall, steady] = [1_000_000, 0];
  const clocks = { wall: () => wall, steady: () => steady };
  let requests = new SignedRequests(limits, clocks);
  const pass = (ms: number): void => {
    wall += ms;
    steady += ms;
  };
  const clients = [key, started.other].map((each, index) => ({
    name: `c${index}`,
    key: each.publicKey,
  }));
  const services = { live: { manifest: { clients } } };
  const node = { services, advertised: [], deployKeys: new Set() };
  const [, far] = memoryPair([["127.0.0.1", 1], ["127.0.0.1", 81]]);
  const here = new NodeIdentity(node as unknown as NodeContext, far);
  const signed = async (timeMs: number, once = nonce(), by = key): Promise<RequestProof> => {
    const statement = textStatement(`${timeMs} ${once}`);
    const signature = await by.sign(statement);
    return { key: by.publicKey, signature, statement, to: "127.0.0.1:81", timeMs, nonce: once };
  };
  const check = async (proof: RequestProof): Promise<string> =>
    await requests.check(proof, here).then(() => "taken", ({ message }) => message);

  await t.step("for its whole validity, with clocks that are ahead or behind", async () => {
    pass(500_000);
    for (const aheadMs of [-limits.proofWindowMs, 0, limits.proofWindowMs]) {
      const proof = await signed(wall + aheadMs);
      assert.equal(await check(proof), "taken");
      for (let left = limits.proofWindowMs + aheadMs; left >= 0; left -= 5000) {
        assert.match(await check(proof), /\bused\b/);
        pass(5000);
        await check(await signed(wall));
      }
      assert.match(await check(proof), /\bsigned\b.* \d{4}-\d\d-\d\dT/);
    }
  });
  await t.step("at most as many as there is room for", async () => {
    pass(10 * limits.proofWindowMs);
    requests = new SignedRequests(limitsWith({ signedRequestsMax: 3 }), clocks);
    const proofs = await Promise.all([1, 2, 3, 4].map(() => signed(wall)));
    const outcomes = [];
    for (const proof of proofs) outcomes.push((await check(proof)).slice(0, 30));
    assert.deepEqual(outcomes, ["taken", "taken", "taken", "this node has taken 3 signed r"]);
    assert.match(await check(proofs[0]), /\bused\b/);
    pass(4 * limits.proofWindowMs + 1);
    assert.equal(await check(await signed(wall)), "taken");
  });
  await t.step("one key leaves room for others", async () => {
    pass(10 * limits.proofWindowMs);
    requests = new SignedRequests(limitsWith({ signedRequestsMax: 16 }), clocks);
    let taken = 0;
    let said;
    while ((said = await check(await signed(wall))) === "taken") taken += 1;
    assert.equal(taken, 14);
    assert.match(said, /\b14 .*\bkey\b.*\b2 /);
    assert.equal(await check(await signed(wall, nonce(), started.other)), "taken");
  });
});
