import assert from "node:assert/strict";
import { connect, formatNode, NodeConnection } from "../../lib/client/mod.ts";
import { Channel } from "../../lib/channel/mod.ts";
import { FarcallError } from "../../lib/errors/mod.ts";
import { type Listener, listenTcp, memoryPair, type Transport } from "../../lib/transport/mod.ts";
import { encodeControl, FrameKind, preface, protocolVersion } from "../../lib/protocol/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import {
  bytesOf,
  temporaryFolder,
  type TestDeployment,
  TestNode,
  until,
} from "../_support/nodes/node.ts";
import { freePort } from "../_support/ports.ts";
import { NodeProcess } from "../_support/nodes/node_process.ts";
import { mentions } from "../_support/mentions.ts";

/** Names the node that replies; `never` does not reply. */
function deploymentOf(name: string): TestDeployment {
  return {
    node: name,
    services: {
      who: {
        rpcs: {
          who: { returns: ["str"], source: `export const who = () => "${name}";` },
          never: { source: "export const never = () => new Promise(() => {});" },
          wait: {
            args: ["int"],
            returns: ["str"],
            source: `export const wait = (ms) =>
              new Promise((done) => setTimeout(() => done("${name}"), ms));`,
          },
        },
      },
    },
  };
}

/** A listener whose connections are under the test's control. */
class Impostor implements AsyncDisposable {
  readonly listener: Listener;
  readonly #open: Transport[] = [];
  readonly #accepting: Promise<void>;

  constructor(onConnection: (transport: Transport) => void | Promise<void> = () => {}, port = 0) {
    const listener = this.listener = listenTcp("127.0.0.1", port);
    this.#accepting = (async () => {
      for (;;) {
        const transport = await listener.accept();
        if (transport === null) return;
        this.#open.push(transport);
        await onConnection(transport);
      }
    })();
  }

  get address(): string {
    return `127.0.0.1:${this.listener.port}`;
  }

  get server(): { ip: string; port: number } {
    return { ip: "127.0.0.1", port: this.listener.port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener.close();
    await this.#accepting;
    for (const transport of this.#open) transport.close();
  }
}

function serverOf(node: TestNode): { ip: string; port: number } {
  return { ip: node.node.host, port: node.node.port };
}

Deno.test("a provider that is down is skipped, and every call answered by another", async () => {
  await using s2 = await TestNode.start({ isWarm: true, deployment: deploymentOf("s2") });
  const down = { ip: "127.0.0.1", port: freePort() };
  const configuration = configurationOf({ s1: down, s2: serverOf(s2) }, deploymentOf("s2"));
  await using caller = await connect(configuration);
  for (let count = 0; count < 5; count++) {
    assert.equal((await caller.reply("who", "who")).value, "s2");
  }
  const reply = await caller.reply("who", "who");
  assert.equal(reply.node, formatNode({ name: "s2", host: "127.0.0.1", port: s2.node.port }));
});

Deno.test("a listener that is not a farcall node is skipped, too", async () => {
  await using s2 = await TestNode.start({ isWarm: true, deployment: deploymentOf("s2") });
  await using closes = new Impostor((transport) => transport.close());
  await using talks = new Impostor((transport) => transport.write(bytesOf("220 mail.example\r\n")));
  await using silent = new Impostor();
  for (
    const [impostor, connectTimeoutMs, message] of [
      [closes, 60_000, mentions("127.0.0.1", "closed")],
      [talks, 60_000, mentions("127.0.0.1", "port")],
      [silent, 1500, mentions("1500 ms", "farcall node")],
    ] as const
  ) {
    await using alone = await connect(impostor.address, { connectTimeoutMs });
    await assert.rejects(alone.call("who", "who"), {
      code: "Node Unreachable",
      node: impostor.address,
      message,
    });
    const servers = { s1: impostor.server, s2: serverOf(s2) };
    const configuration = configurationOf(servers, deploymentOf("s2"));
    await using caller = await connect(configuration, { connectTimeoutMs });
    assert.equal(await caller.call("who", "who"), "s2");
  }
});

Deno.test("when no provider is up, each is named", async () => {
  const servers = {
    s1: { ip: "127.0.0.1", port: freePort() },
    s2: { ip: "127.0.0.1", port: freePort() },
  };
  await using caller = await connect(configurationOf(servers, deploymentOf("s1")));
  const error = await caller.call("who", "who").catch((error) => error);
  assert.ok(error instanceof FarcallError);
  assert.equal(error.code, "Node Unreachable");
  assert.match(error.message, mentions("s1", "127.0.0.1", "s2"));
  assert.equal(error.details.length, 2);
  assert.match(error.details[0], mentions('"s1"', /"farcall serve 127\.0\.0\.1 \d+"/));
});

Deno.test("a draining node is left without an error", async () => {
  await using s1 = await TestNode.start({ isWarm: true, deployment: deploymentOf("s1") });
  await using s2 = await TestNode.start({ isWarm: true, deployment: deploymentOf("s2") });
  const servers = { s1: serverOf(s1), s2: serverOf(s2) };
  await using caller = await connect(configurationOf(servers, deploymentOf("s1")));
  assert.equal(await caller.call("who", "who"), "s1");
  const inFlight = caller.call("who", "wait", [150]);
  const crossing = [];
  for (let count = 0; count < 20; count++) crossing.push(caller.call("who", "who"));
  const stopping = s1.node.stop();
  await s1.log.until("node.draining");
  const answers: unknown[] = [];
  for (let count = 0; count < 20; count++) answers.push(await caller.call("who", "who"));
  assert.deepEqual(new Set(answers), new Set(["s2"]));
  await Promise.all([inFlight, ...crossing]);
  await stopping;
});

Deno.test("when the connection dies, each call in flight fails once, and the next call reconnects", async () => {
  await using root = await temporaryFolder();
  await using first = await NodeProcess.start(root.path);
  const { port } = first;
  {
    await using deployer = await first.connection();
    await deployer.deploy(deploymentOf("s1"));
  }
  await using caller = await connect(`127.0.0.1:${port}`);
  assert.equal(await caller.call("who", "who"), "s1");
  let settled = 0;
  const calls = Array.from(
    { length: 50 },
    () => caller.call("who", "never").finally(() => settled += 1),
  );
  const results = Promise.allSettled(calls);
  // The reply to this one shows that the node has read those before it.
  assert.equal(await caller.call("who", "who"), "s1");
  await first.kill();
  for (const result of await results) {
    assert.equal(result.status, "rejected");
    assert.equal(result.reason.code, "Connection Lost");
    assert.equal(result.reason.node, `127.0.0.1:${port}`);
    assert.match(result.reason.message, /\bunknown\b/);
  }
  assert.equal(settled, 50);
  await assert.rejects(caller.call("who", "who"), { code: "Node Unreachable" });
  await using _second = await NodeProcess.start(root.path, port);
  assert.equal(await caller.call("who", "who"), "s1", "it serves what was deployed before");
});

Deno.test("closing the client fails calls in flight, and names the reason", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: deploymentOf("s1") });
  const caller = await connect(node.address);
  const call = caller.call("who", "never");
  await caller.call("who", "who");
  await Promise.all([
    assert.rejects(call, { code: "Connection Lost", message: /\bclosed\b/ }),
    caller.close(),
  ]);
  await node.log.until("call.cancelled", { rpc: "never" });
});

Deno.test("a connection that is closed before its greeting leaves nothing behind", async () => {
  const [ours, theirs] = memoryPair();
  const connection = new NodeConnection({ host: "x", port: 1 }, ours);
  const asked = connection.request({ op: "describe" }, { timeoutMs: 60_000 });
  await Promise.all([assert.rejects(asked, { code: "Connection Lost" }), connection.close()]);
  await assert.rejects(connection.request({ op: "describe" }, { timeoutMs: 60_000 }), {
    code: "Connection Lost",
  });
  theirs.close();
});

Deno.test("a late or repeated reply changes nothing", async () => {
  const [ours, theirs] = memoryPair();
  const node = new Channel(theirs);
  const asked: number[] = [];
  const answer = (call: number, generation: number): void =>
    node.send(FrameKind.response, 0, call, encodeControl({ generation, services: [] }));
  const hello = { version: protocolVersion, software: "a test", messageBytesMax: 1e6 };
  node.sendRaw(preface);
  node.send(FrameKind.hello, 0, 0, encodeJson(hello));
  const connection = new NodeConnection({ host: "x", port: 1 }, ours);
  await theirs.read(new Uint8Array(preface.length));
  const running = node.run((kind, _route, call) => {
    if (kind === FrameKind.request) asked.push(call);
    if (asked.length < 2) return;
    answer(asked[0], 1);
    answer(asked[1], 2);
    answer(asked[1], 3);
  });
  const given = connection.request({ op: "describe" }, { timeoutMs: 10 });
  await assert.rejects(given, { code: "Deadline Exceeded" });
  assert.equal(connection.inFlight, 0);
  const second = await connection.request({ op: "describe" }, { timeoutMs: 60_000 });
  assert.equal(second.generation, 2);
  await connection.close();
  await running;
  node.close();
});

Deno.test("a cancelled call ends for both sides", async (t) => {
  await using node = await TestNode.start({ isWarm: true, deployment: deploymentOf("s1") });
  const caller = await node.connect();
  await t.step("before it is sent", async () => {
    await assert.rejects(caller.call("who", "never", [], { signal: AbortSignal.abort() }), {
      code: "Cancelled",
      message: /\bbefore\b/,
    });
    assert.equal(node.log.all("connection.framed").length, 1, "no connection was made for it");
  });
  await t.step("in flight: the node is told, and the others are answered", async () => {
    const abort = new AbortController();
    const cancelled = caller.call("who", "never", [], { signal: abort.signal });
    const other = caller.call("who", "wait", [50]);
    await caller.call("who", "who");
    abort.abort();
    await assert.rejects(cancelled, { code: "Cancelled", node: node.address });
    await node.log.until("call.cancelled", { rpc: "never" });
    assert.equal(await other, "s1");
    abort.abort();
  });
  await t.step("after its answer: nothing happens", async () => {
    const abort = new AbortController();
    assert.equal(await caller.call("who", "who", [], { signal: abort.signal }), "s1");
    abort.abort();
    assert.equal(await caller.call("who", "who"), "s1");
  });
});

Deno.test("a deadline and a cancel apply from the call on, whatever it is waiting for", async (t) => {
  await using silent = new Impostor();
  await using node = await TestNode.start({ isWarm: true, deployment: deploymentOf("s1") });
  await t.step("for a silent node", async () => {
    await using caller = await connect(silent.address);
    await assert.rejects(caller.call("who", "who", [], { timeoutMs: 50 }), {
      code: "Deadline Exceeded",
    });
    const abort = new AbortController();
    const cancelled = caller.call("who", "who", [], { signal: abort.signal });
    queueMicrotask(() => abort.abort());
    await assert.rejects(cancelled, { code: "Cancelled" });
  });
  await t.step("for the reply", async () => {
    const caller = await node.connect();
    await assert.rejects(caller.call("who", "never", [], { timeoutMs: 20 }), {
      code: "Deadline Exceeded",
    });
  });
});

Deno.test("after a deployment, a node is asked for its services again", async () => {
  const of = (type: string): TestDeployment => ({
    services: {
      math: {
        rpcs: { double: { args: [type], returns: [type], source: "export default (a) => a + a;" } },
      },
    },
  });
  await using node = await TestNode.start({ isWarm: true, deployment: of("int") });
  const caller = await node.connect();
  assert.equal(await caller.call("math", "double", [2]), 4);
  await node.deploy(of("str"));
  const calls = Array.from({ length: 20 }, () => caller.call("math", "double", ["a"]));
  assert.deepEqual(new Set(await Promise.all(calls)), new Set(["aa"]));
  await assert.rejects(caller.call("math", "double", [2]), {
    code: "Invalid Arguments",
    message: /double\(str\) -> str/,
  });
  await node.deploy({
    services: { math: { rpcs: { triple: { source: "export default () => {}" } } } },
  });
  await assert.rejects(caller.call("math", "double", ["a"]), { code: "RPC Not Found" });
  assert.equal(await caller.call("math", "triple"), undefined);
});

Deno.test("a connection that a newer one has replaced is closed, too", async () => {
  const root = await temporaryFolder();
  await using stack = new AsyncDisposableStack();
  stack.use(root);
  const first = await TestNode.start({
    isWarm: true,
    deployment: deploymentOf("s1"),
    root: root.path,
  });
  stack.use(first);
  const { port } = first.node;
  const caller = await connect(first.address);
  stack.use(caller);
  const call = caller.call("who", "never");
  call.catch(() => {});
  assert.equal(await caller.call("who", "who"), "s1");
  // It stops listening, and waits for the call in flight.
  const stopping = first.node.stop();
  await first.log.until("node.draining");
  await until("the port is free", () => {
    try {
      listenTcp("127.0.0.1", port).close();
      return true;
    } catch {
      return false;
    }
  });
  await using _other = new Impostor(() => {}, port);
  const late = caller.call("who", "who", [], { timeoutMs: 50 });
  await assert.rejects(late, (error: FarcallError) => /Deadline|Draining/.test(error.code));
  await caller.close();
  await assert.rejects(call, { code: "Connection Lost" });
  await stopping;
});
