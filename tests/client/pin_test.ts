/** A pinned call is served by the pinned script or not at all, whatever is deployed. */
import assert from "node:assert/strict";
import { connect } from "../../lib/client/mod.ts";
import { FrameKind, type Route } from "../../lib/protocol/mod.ts";
import { scriptIdOf, scriptPin } from "../../lib/identity/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { bytesOf, type TestDeployment, TestNode } from "../_support/nodes/node.ts";
import { ScriptedNode } from "../_support/nodes/scripted_node.ts";
import { mentions } from "../_support/mentions.ts";

const one = 'export const who = () => "one";\n';
const two = 'export const who = () => "two";\n';
const idOne = await scriptIdOf(bytesOf(one));
const idTwo = await scriptIdOf(bytesOf(two));

function running(source: string): TestDeployment {
  return {
    clients: [{ name: "c1", ip: "127.0.0.1" }, { name: "c2", ip: "127.0.0.1" }],
    services: {
      who: {
        rpcs: {
          who: { returns: ["str"], source },
          fail: { source: "export const fail = () => { throw new Error('no'); };" },
        },
      },
    },
  };
}

Deno.test("a pinned call is served by its script, given in full or as a prefix, or not at all", async () => {
  await using node = await TestNode.start({ deployment: running(one) });
  const caller = await node.connect();
  const reply = await caller.reply("who", "who");
  assert.deepEqual([reply.value, reply.script], ["one", idOne]);
  for (const pin of [idOne, idOne.slice(0, 8), idOne.slice(0, 12)]) {
    assert.equal(await caller.call("who", "who", [], { pin }), "one");
    assert.equal(await caller.service("who", { pin }).who(), "one");
  }
  await assert.rejects(caller.call("who", "who", [], { pin: idTwo.slice(0, 12) }), {
    code: "RPC Not Found",
    node: node.address,
    message: `script ${idOne.slice(0, 12)} serves who.who() now, and the call is pinned to ` +
      `${idTwo.slice(0, 12)}; drop the pin, or roll back to that script`,
  });
  const almost = idOne.slice(0, 63) + (idOne.endsWith("0") ? "1" : "0");
  await assert.rejects(caller.call("who", "who", [], { pin: almost }), {
    message: mentions(idOne, almost),
  });
});

Deno.test("a deployment between two pinned calls on one connection ends the pin's route, and back again", async () => {
  await using node = await TestNode.start({ deployment: running(one) });
  await using connection = await node.connection();
  const route = { service: "who", rpc: "who", argumentTypes: [], returnTypes: ["str"] };
  const pinned: Route = { ...route, script: scriptPin(idOne.slice(0, 8)) };
  const payload = Uint8Array.of(0, 0, 0, 2, 0x5b, 0x5d);
  const call = async (route: Route): Promise<string> =>
    (await connection.raw.call(route, payload, { timeoutMs: 60_000 })).script;
  assert.equal(await call(pinned), idOne);
  assert.equal(await call(route), idOne);
  await node.deploy(running(two));
  await assert.rejects(call(pinned), {
    code: "RPC Not Found",
    message: mentions(idTwo.slice(0, 12), idOne.slice(0, 8)),
  });
  assert.equal(await call(route), idTwo);
  await node.deploy(running(one));
  assert.equal(await call(pinned), idOne);
});

Deno.test("however calls and deployments interleave, a pinned call is never served by another script", async () => {
  await using node = await TestNode.start({ deployment: running(one) });
  const caller = await node.connect();
  let isOver = false;
  const outcomes = { served: 0, refused: 0 };
  const calling = (async () => {
    while (!isOver) {
      await Promise.all(Array.from({ length: 20 }, async () => {
        try {
          const reply = await caller.reply("who", "who", [], { pin: idOne });
          assert.deepEqual([reply.value, reply.script], ["one", idOne]);
          outcomes.served += 1;
        } catch (error) {
          assert.equal((error as { code?: string }).code, "RPC Not Found", `${error}`);
          outcomes.refused += 1;
        }
      }));
    }
  })();
  try {
    for (const source of [two, one, two, one]) {
      await node.deploy(running(source));
      // Each generation is called at least once before the next one.
      await caller.call("who", "who");
      const before = outcomes.served + outcomes.refused;
      while (outcomes.served + outcomes.refused < before + 40) {
        await Promise.race([calling, caller.call("who", "who")]);
      }
    }
  } finally {
    isOver = true;
    await calling;
  }
  assert.ok(outcomes.served > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
});

Deno.test("an exception names its script, and a refusal does not", async () => {
  await using node = await TestNode.start({ deployment: running(one) });
  const caller = await node.connect();
  const script = await scriptIdOf(bytesOf("export const fail = () => { throw new Error('no'); };"));
  await assert.rejects(caller.call("who", "fail"), { code: "Execution Exception", script });
  await assert.rejects(caller.call("who", "nobody"), { code: "RPC Not Found", script: undefined });
});

Deno.test("callers without access to a service learn nothing of its scripts", async () => {
  await using node = await TestNode.start({ deployment: running(one) });
  const caller = await node.connect({ as: "c2" });
  for (const pin of [idOne, idTwo]) {
    await assert.rejects(caller.call("who", "who", [], { pin }), {
      code: "Client Not Registered",
      message: 'service "who" is closed to client "c2" from 127.0.0.1: not one of its tenants',
    });
  }
});

Deno.test("a malformed pin is reported at once", async () => {
  await using node = await TestNode.start();
  const caller = await node.connect();
  await assert.rejects(caller.call("who", "who", [], { pin: "" }), TypeError);
  for (const pin of ["0123abc", "0123ABCD", "g".repeat(64), `${idOne}0`]) {
    await assert.rejects(caller.call("who", "who", [], { pin }), {
      name: "TypeError",
      message: `"${pin}" is not a script id or its beginning: 8 to 64 lower-case hex digits`,
    });
  }
});

Deno.test("a node that ignores the pin, as an older one would, is detected", async () => {
  await using node = new ScriptedNode(({ kind, call }, connection) => {
    if (kind !== FrameKind.call) return;
    const script = Uint8Array.from(idTwo.match(/../g)!, (digits) => parseInt(digits, 16));
    const payload = Uint8Array.of(0, 0, 0, 5, ...bytesOf('["x"]'));
    connection.send(FrameKind.result, 0, call, script, payload);
  });
  await using caller = await connect(configurationOf({ s1: node.server }, running(one)));
  assert.equal(await caller.call("who", "who"), "x");
  await assert.rejects(caller.call("who", "who", [], { pin: idOne }), {
    code: "Malformed Message",
    node: `s1 (${node.address})`,
    script: idTwo,
    message: mentions("pins", "pinned"),
  });
});
