import assert from "node:assert/strict";
import { NodeConnection } from "../../lib/client/mod.ts";
import type { FarcallError } from "../../lib/errors/mod.ts";
import type { Transport } from "../../lib/transport/mod.ts";
import { TestConnection, type TestDeployment, TestNode } from "../_support/nodes/node.ts";
import { mentions } from "../_support/mentions.ts";

const MiB = 1024 * 1024;

const deployment: TestDeployment = {
  services: {
    large: {
      rpcs: {
        bytes: {
          args: ["int"],
          returns: ["bytes"],
          source: "export const bytes = (count) => new Uint8Array(count);",
        },
        later: {
          args: ["int"],
          returns: ["bytes"],
          source:
            "export const later = async (count) => { await 0; return new Uint8Array(count); };",
        },
        id: {
          returns: ["str"],
          source: "const id = crypto.randomUUID();\nexport default () => id;",
        },
      },
    },
  },
};

const sized = { args: ["int"], returns: ["bytes"], timeoutMs: 60_000 };
const text = { returns: ["str"] };

/** A transport whose other end does not read before `opened`. */
function gated(transport: Transport, opened: Promise<void>): Transport {
  return new Proxy(transport, {
    get(target, name) {
      if (name === "read") {
        return async (buffer: Uint8Array) => {
          await opened;
          return await target.read(buffer);
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("300 results of 1 MB at once reach a caller that reads at full speed, and the executor lives", async () => {
  await using node = await TestNode.start({ deployment });
  await using connection = await node.connection();
  const before = await connection.call("large.id", [], text);
  const calls = Array.from({ length: 300 }, () => connection.call("large.bytes", [1e6], sized));
  for (const bytes of await Promise.all(calls)) assert.equal((bytes as Uint8Array).length, 1e6);
  assert.equal(await connection.call("large.id", [], text), before, "it is the same process");
  assert.equal(node.log.all("executor.ended").length, 0);
});

Deno.test("unread results wait up to their bound; the rest fail, and others are served", async () => {
  const bounds = { clientBytesMax: 20 * MiB, outboxBytesMax: 24 * MiB };
  const clients = ["c1", "c2"].map((name) => ({ name, ip: "127.0.0.1" }));
  const { large } = deployment.services;
  const services = { large: { ...large, tenants: ["c1", "c2"] } };
  await using node = await TestNode.start({ bounds, deployment: { clients, services } });
  await using other = await node.connection("c2");
  const before = await other.call("large.id", [], text);
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { host, port } = node.node;
  const transport = gated(await node.transport(), opened);
  await using slow = new TestConnection(new NodeConnection({ host, port }, transport));
  const calls = ["bytes", "later"].flatMap((rpc) =>
    Array.from({ length: 30 }, () => slow.call(`large.${rpc}`, [1e6], sized))
  );
  const outcomes = Promise.allSettled(calls);
  await node.log.until("call.executed", { rpc: "bytes" }, 30);
  await node.log.until("call.executed", { rpc: "later" }, 30);
  assert.equal(await other.call("large.id", [], text), before, "others are served meanwhile");
  open();
  const failures = (await outcomes).flatMap((outcome): FarcallError[] =>
    outcome.status === "rejected" ? [outcome.reason] : []
  );
  assert.ok(failures.length > 0 && failures.length < 50, `${failures.length} failed`);
  for (const { code, message } of failures) {
    assert.equal(code, "Message Too Large");
    assert.match(message, mentions("dropped", '"c1"', "20 MiB"));
  }
  assert.equal(
    await slow.call("large.id", [], text),
    before,
    "the connection and the executor live",
  );
});
