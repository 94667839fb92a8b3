/** A call may select the one node to call, regardless of the providers. */
import assert from "node:assert/strict";
import { connect } from "../../lib/client/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { mentions } from "../_support/mentions.ts";
import { type TestDeployment, TestNode } from "../_support/nodes/node.ts";

/** Of a node that returns its name. */
function deploymentOf(node: string): TestDeployment {
  const who = {
    returns: ["str"],
    isIdempotent: true as const,
    source: `export const who = () => ${JSON.stringify(node)};`,
  };
  const services: Record<string, TestDeployment["services"][string]> = { who: { rpcs: { who } } };
  if (node === "s2") services.own = { rpcs: { who } };
  return { node, services };
}

async function twoNodes() {
  await using stack = new AsyncDisposableStack();
  const s1 = stack.use(await TestNode.start({ isWarm: true, deployment: deploymentOf("s1") }));
  const s2 = stack.use(await TestNode.start({ isWarm: true, deployment: deploymentOf("s2") }));
  const configuration = configurationOf({
    s1: { ip: s1.node.host, port: s1.node.port },
    s2: { ip: s2.node.host, port: s2.node.port },
  }, deploymentOf("s1"));
  const started = stack.move();
  return {
    s1,
    s2,
    configuration,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Connections made to a node, besides that of its deployment. */
const connectionsOf = ({ log }: TestNode): number => log.all("connection.framed").length - 1;

Deno.test("a call goes to the server that it names", async (t) => {
  await using nodes = await twoNodes();
  const { s1, s2 } = nodes;

  await t.step("by name or address, on the one connection there is", async () => {
    await using caller = await connect(nodes.configuration);
    assert.equal(await caller.call("who", "who"), "s1");
    for (const server of ["s2", s2.address, "s2"]) {
      const reply = await caller.reply("who", "who", [], { server, hedgeMs: 0 });
      assert.deepEqual([reply.value, reply.node], ["s2", `s2 (${s2.address})`]);
    }
    assert.equal(await caller.service("who", { server: "s2" }).who(), "s2");
    assert.equal(await caller.call("who", "who", [], { server: s1.address }), "s1");
    assert.equal(await caller.call("who", "who"), "s1");
    assert.deepEqual([connectionsOf(s1), connectionsOf(s2)], [1, 1]);
    const { providers } = await caller.explain("who", "who", [], { server: "s2" });
    assert.deepEqual(providers.map(({ node }) => node), [`s2 (${s2.address})`]);
  });

  await t.step("the named server's own description counts, not the file's", async () => {
    await using caller = await connect(nodes.configuration);
    await assert.rejects(caller.call("own", "who"), { code: "Service Not Found", node: undefined });
    assert.equal(await caller.call("own", "who", [], { server: "s2" }), "s2");
    await assert.rejects(caller.call("own", "who", [], { server: "s1" }), {
      code: "Service Not Found",
      node: `s1 (${s1.address})`,
    });
  });

  await t.step(
    "a program that is connected to one node may call another by its address",
    async () => {
      await using caller = await connect(s1.address);
      assert.equal(await caller.call("who", "who"), "s1");
      assert.equal(await caller.call("who", "who", [], { server: s2.address }), "s2");
      await assert.rejects(caller.call("who", "who", [], { server: "s2" }), {
        code: "Invalid Configuration",
        message: mentions('"s2"', "HOST:PORT", "init.yaml"),
      });
    },
  );

  await t.step(
    "a program that is connected to one server of a file may call another by its name",
    async () => {
      for (const oneShot of [false, true]) {
        await using caller = await connect(nodes.configuration, { server: "s2", oneShot });
        assert.equal(await caller.call("who", "who"), "s2");
        assert.equal(await caller.call("who", "who", [], { server: "s1" }), "s1");
      }
    },
  );

  await t.step("an unknown server is reported, with the one that was probably meant", async () => {
    await using caller = await connect(nodes.configuration);
    const wrong = {
      code: "Invalid Configuration",
      message: 'init.yaml has no server "s22", and it is not HOST:PORT either; did you mean "s2"?',
    };
    await assert.rejects(caller.call("who", "who", [], { server: "s22" }), wrong);
    await assert.rejects(caller.explain("who", "who", [], { server: "s22" }), wrong);
    await assert.rejects(connect(nodes.configuration, { server: "s22" }), wrong);
    await assert.rejects(caller.call("who", "who", [], { server: "127.0.0.1:0" }), TypeError);
  });

  await t.step(
    "a bounded number of servers named in turn is remembered, and none is lost",
    async () => {
      const bounds = { connectionsPerCallerMax: 1 };
      await using caller = await connect(nodes.configuration, { bounds });
      for (const server of ["s1", "s2", s2.address, "s1", "s2", s1.address]) {
        const reply = await caller.reply("who", "who", [], { server });
        assert.ok(reply.node.includes(server), `${reply.node} for ${server}`);
      }
    },
  );
});
