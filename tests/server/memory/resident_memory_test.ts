/** A node's share of the available memory; and its count matches the real cost. */
import assert from "node:assert/strict";
import { limits } from "../../../lib/limits/mod.ts";
import { controlGroupLimit, shareOf } from "../../../lib/server/memory/available_memory.ts";
import type { NodeStatus } from "../../../lib/protocol/mod.ts";
import { compileSignature } from "../../../lib/types/mod.ts";
import { bytesOf, temporaryFolder, until } from "../../_support/nodes/node.ts";
import { NodeProcess } from "../../_support/nodes/node_process.ts";
import { call, deployment, hello, MiB, route } from "./_memory_frames.ts";

Deno.test("by default, a node takes a share of the available memory", async (t) => {
  const GiB = 1024 * MiB;
  assert.equal(shareOf({ systemBytes: 2 * GiB, heapBytes: 4 * GiB }), GiB);
  assert.equal(shareOf({ systemBytes: 64 * GiB, heapBytes: 4 * GiB }), 3 * GiB);
  assert.equal(shareOf({ systemBytes: undefined, heapBytes: undefined }), GiB);
  assert.equal(shareOf({ systemBytes: 100 * MiB, heapBytes: undefined }), 64 * MiB);
  const groups: Record<string, [self: string, files: Record<string, string>, least?: number]> = {
    "of a container, version 2": ["0::/\n", { "memory.max": "1000000\n" }, 1_000_000],
    "of version 2, the least of those above it": ["0::/a/b c\n", {
      "memory.max": "max\n",
      "a/memory.max": "3000000\n",
      "a/b c/memory.max": "max\n",
    }, 3_000_000],
    "of version 1": ["9:name=systemd:/\n4:cpu,memory:/a\n", {
      "memory/a/memory.limit_in_bytes": "4000000\n",
      "memory/memory.limit_in_bytes": "9223372036854771712\n",
    }, 4_000_000],
    "without a bound": ["0::/a\n", { "a/memory.max": "max\n" }],
    "where there is none": ["", {}],
  };
  for (const [name, [self, files, least]] of Object.entries(groups)) {
    await t.step({
      name: `a control group ${name}`,
      ignore: Deno.build.os !== "linux",
      async fn() {
        await using root = await temporaryFolder();
        const write = async (path: string, text: string): Promise<void> => {
          await Deno.mkdir(`${root.path}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
          await Deno.writeTextFile(`${root.path}/${path}`, text);
        };
        await write("proc/self/cgroup", self);
        for (const [path, text] of Object.entries(files)) {
          await write(`sys/fs/cgroup/${path}`, text);
        }
        assert.equal(await controlGroupLimit(root.path), least);
      },
    });
  }
});

/** Resident memory that a load may cost a node beyond the count: V8 and the allocator release late. */
const slackMiB = 200;

Deno.test({
  name: "what a node counts is what it costs: resident memory stays bounded under each load",
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    await using folder = await temporaryFolder();
    await using process = await NodeProcess.start(folder.path);
    await using deployer = await process.connection();
    await deployer.deploy(deployment);
    /**
     * Undefined while requests from here use all the memory of their address: then nothing else from here is answered.
     */
    const statusIfRoom = () =>
      deployer.raw.request({ op: "status" }, { timeoutMs: 60_000 }).catch((error) => {
        if (error.code !== "Overloaded") throw error;
      });
    const status = async (): Promise<NodeStatus> => {
      let said: NodeStatus | void;
      await until("there is room", async () => (said = await statusIfRoom()) !== undefined);
      return said!;
    };
    const open: Deno.TcpConn[] = [];
    const dial = async (): Promise<Deno.TcpConn> => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: process.port });
      open.push(conn);
      return conn;
    };
    const gainedMiB = async (load: () => Promise<unknown>): Promise<number> => {
      const before = (await status()).memoryBytes;
      let most = before;
      let isOver = false;
      const watching = (async () => {
        while (!isOver) {
          most = Math.max(most, (await statusIfRoom())?.memoryBytes ?? 0);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      await load();
      isOver = true;
      await watching;
      return (most - before) / MiB;
    };
    const writeAll = async (conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> => {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await conn.write(rest));
    };
    await t.step("a stranger's routes with many empty types", async () => {
      const gained = await gainedMiB(async () => {
        for (let round = 0; round < 4; round++) {
          const conn = await dial();
          const empty = { argumentTypes: Array(21_000).fill("") };
          try {
            await writeAll(conn, hello("nobody"));
            for (let number = 0; number < 1000; number++) {
              await writeAll(conn, route(number, empty));
            }
          } catch {
            // The node has closed it.
          }
        }
      });
      assert.ok(gained < slackMiB, `${gained} MiB`);
    });
    await t.step("unread results", async () => {
      const argument = compileSignature({ args: ["int"], returns: [] }).encodeArguments([4 * MiB]);
      const gained = await gainedMiB(async () => {
        const before = (await status()).services[0].calls;
        for (let index = 0; index < 10; index++) {
          const conn = await dial();
          await writeAll(conn, hello("c1"));
          await writeAll(conn, route(0, {}));
          for (let number = 1; number <= 16; number++) await writeAll(conn, call(number, argument));
        }
        await until("all have run", async () => (await status()).services[0].calls >= before + 160);
      });
      assert.ok(gained < limits.clientBytesMax / MiB + slackMiB, `${gained} MiB`);
      for (const conn of open.splice(0)) conn.close();
    });
    await t.step("requests of 15 MB in text", async () => {
      const value = { client: "c2", service: "data", rpc: "length", arguments: ["x".repeat(15e6)] };
      const request = bytesOf(JSON.stringify({ header: "RPC-REQ", value }));
      const gained = await gainedMiB(async () => {
        await Promise.all(Array.from({ length: 20 }, async () => {
          const conn = await dial();
          const sent = writeAll(conn, request).catch(() => {});
          // Served, or refused: how many are either depends on what the machine does meanwhile.
          await conn.read(new Uint8Array(1000)).catch(() => {});
          await sent;
        }));
      });
      assert.ok(gained < limits.clientBytesMax / MiB + slackMiB, `${gained} MiB`);
    });
    for (const conn of open) {
      try {
        conn.close();
      } catch {
        // Already closed.
      }
    }
  },
});

Deno.test("a route is counted at its cost in V8, whatever its content", async () => {
  const script = new URL("./_held_routes.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", "--v8-flags=--expose-gc", script],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assert.equal(lines.length, 7);
  for (const line of lines) {
    const { cost, real, count } = JSON.parse(line);
    // A page of V8's heap more or less does not matter.
    assert.ok(real <= 1.1 * cost + 300_000, line);
    assert.ok(cost <= 8 * real + 1000 * count, line);
  }
});
