/** How a node becomes reachable through NATS: whenever the server starts, with a persistent key, or not at all. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AddressInUse,
  InvalidConfiguration,
  NodeUnreachable,
  RootUnreadable,
} from "../../lib/errors/mod.ts";
import { generatePem, SigningKey } from "../../lib/identity/mod.ts";
import { serveNode } from "../../lib/server/serve.ts";
import { mentions } from "../_support/mentions.ts";
import { NatsServer } from "../_support/nodes/nats_server.ts";
import { RecordingLog } from "../_support/recording_log.ts";
import { until } from "../_support/nodes/node.ts";
import { needing } from "../_support/programs.ts";

const deployKey = (await SigningKey.fromPem(await generatePem())).publicKey;

async function answerOf(port: number, path: string): Promise<[number, string]> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: "close" },
  });
  return [answer.status, await answer.text()];
}

Deno.test({
  ...needing(
    "nats-server",
    "a node that starts before its NATS server is not ready, says why once, and is there when the server is",
  ),
  fn: async () => {
    const root = await Deno.makeTempDir({ prefix: "farcall-root-" });
    await using server = await NatsServer.start();
    const { url } = server;
    await server.kill();
    const log = new RecordingLog();
    const common = { name: "s1", deployKeys: [deployKey], log };
    const nats = { url, fleet: "lab" };
    let publicKey: string | undefined;
    {
      await using alone = await serveNode({ ...common, nats, root, metricsPort: 0 });
      await using both = await serveNode({
        ...common,
        name: "s2",
        nats,
        host: "127.0.0.1",
        port: 0,
        root: `${root}2`,
      });
      assert.match(alone.relay!.problem!, mentions("127.0.0.1"));
      const [status, why] = await answerOf(alone.metricsPort!, "/readyz");
      assert.deepEqual([status, why.includes(url)], [503, true]);
      // Nothing was deployed to it, but it accepts connections.
      assert.doesNotMatch((await answerOf(both.port, "/readyz"))[1], /NATS/);
      await using _again = await server.restart();
      await until(
        "both are reached",
        () => [alone, both].every(({ relay }) => relay!.problem === undefined),
      );
      assert.match((await answerOf(alone.metricsPort!, "/readyz"))[1], /\bdeployed\b/);
      assert.equal(log.records.filter(({ event }) => event === "nats.unreached").length, 2);
      publicKey = alone.relay!.key.publicKey;
      assert.notEqual(publicKey, both.relay!.key.publicKey);
    }
    // Its key is the one in its root.
    await server.kill();
    {
      await using again = await serveNode({ ...common, nats, root, metricsPort: 0 });
      assert.equal(again.relay!.key.publicKey, publicKey);
    }
    const { mode } = await Deno.stat(join(root, "node.key"));
    assert.equal(mode! & 0o777, 0o600);
    await Deno.writeTextFile(join(root, "node.key"), "no key");
    await assert.rejects(serveNode({ ...common, nats, root }), RootUnreadable);
    for (const each of [root, `${root}2`]) await Deno.remove(each, { recursive: true });
  },
});

Deno.test({
  ...needing("nats-server", "a node that NATS refuses ends, and says what to correct"),
  fn: async () => {
    const root = await Deno.makeTempDir({ prefix: "farcall-root-" });
    const configuration = "authorization { user: fleet, password: secret }";
    await using server = await NatsServer.start({ configuration });
    const { url } = server;
    const start = (credentials?: string, ca?: string) =>
      serveNode({
        name: "s1",
        deployKeys: [deployKey],
        nats: { url, fleet: "lab", credentials, ca },
        root,
        metricsPort: 0,
      });
    await assert.rejects(start(), (error) => {
      assert.ok(error instanceof NodeUnreachable);
      assert.match(error.message, /FARCALL_NATS_CREDS/);
      return true;
    });
    await assert.rejects(start(join(root, "missing")), InvalidConfiguration);
    await assert.rejects(start(undefined, join(root, "missing")), InvalidConfiguration);
    const file = join(root, "creds");
    await Deno.writeTextFile(file, "fleet:secret\n");
    // It has released everything.
    await using node = await start(file);
    assert.equal(node.relay!.problem, undefined);
    // Nor are there two nodes of one name.
    const twin = serveNode({
      name: "s1",
      deployKeys: [deployKey],
      nats: { url, fleet: "lab", credentials: file },
      root: `${root}2`,
    });
    await assert.rejects(twin, (error) => {
      assert.ok(error instanceof AddressInUse);
      assert.ok(error.message.includes(node.relay!.key.publicKey), error.message);
      return true;
    });
    await Deno.remove(`${root}2`, { recursive: true });
    await node.stop();
    await Deno.remove(root, { recursive: true });
  },
});
