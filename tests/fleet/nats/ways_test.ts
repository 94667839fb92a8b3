/** Calls to nodes of a fleet use a direct connection if possible, else NATS, and switch when that ends. */
import assert from "node:assert/strict";
import type { Farcall, Way } from "../../../lib/client/mod.ts";
import { freePort } from "../../_support/ports.ts";
import { until } from "../../_support/nodes/node.ts";
import { needing } from "../../_support/programs.ts";
import { NatsFleet } from "./_nats_fleet.ts";

/** Forwards connections to a port, until it is cut. */
class Path implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  receivedBytes = 0;
  connections = 0;

  constructor(port: number) {
    this.#run(port).catch(() => {});
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  [Symbol.dispose](): void {
    try {
      this.#listener.close();
    } catch {
      // It was cut before.
    }
    for (const conn of this.#open) conn.close();
    this.#open.clear();
  }

  async #run(port: number): Promise<void> {
    for await (const near of this.#listener) {
      this.connections += 1;
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      for (const conn of [near, far]) this.#open.add(conn);
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          this.receivedBytes += chunk.length;
          controller.enqueue(chunk);
        },
      });
      near.readable.pipeThrough(counted).pipeTo(far.writable).catch(() => {});
      far.readable.pipeTo(near.writable).catch(() => {});
    }
  }
}

const value = { returns: ["int"], isIdempotent: true as const };
const rpcs = {
  quick: { ...value, source: "export const quick = () => 1;" },
  slow: {
    ...value,
    source: "export const slow = () => new Promise((resolve) => setTimeout(resolve, 300, 2));",
  },
};

async function wayOf(farcall: Farcall, server: string, rpc = "quick"): Promise<Way | undefined> {
  const { node } = await farcall.reply("a", rpc, [], { server });
  assert.match(node, new RegExp(`^${server} `));
  return await farcall.wayTo(node);
}

Deno.test({
  ...needing(
    "nats-server",
    "calls go to what a node announces, else through NATS, also in the middle",
  ),
  fn: async (t) => {
    await using fleet = await NatsFleet.start({ a: { rpcs } });
    const direct = { host: "127.0.0.1", port: freePort() };
    using path = new Path(direct.port);
    using mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await fleet.serve("s1", { ...direct, advertised: [`127.0.0.1:${path.port}`] });
    const elsewhere: Readonly<Record<string, number>> = {
      another: direct.port,
      mute: mute.addr.port,
      closed: freePort(),
    };
    for (const [name, port] of Object.entries(elsewhere)) {
      const advertised = [`127.0.0.1:${port}`];
      await fleet.serve(name, { host: "127.0.0.1", port: freePort(), advertised });
    }
    await fleet.serve("behind");
    await using farcall = await fleet.connect();

    await t.step("an address is used if the node itself answers there", async () => {
      const way = await wayOf(farcall, "s1");
      assert.equal(way?.isRelayed, false);
      assert.ok(way!.roundTripMs! > 0);
      assert.ok(path.connections > 0);
    });
    for (const name of ["behind", ...Object.keys(elsewhere)]) {
      await t.step(`NATS is taken to a node that is ${name}`, async () => {
        const way = await wayOf(farcall, name);
        assert.equal(way?.isRelayed, true);
        assert.ok(way!.roundTripMs! > 0);
      });
    }
    await t.step("a call whose direct connection breaks is answered through NATS", async () => {
      const before = path.receivedBytes;
      const calling = wayOf(farcall, "s1", "slow");
      await until("the call is on its way", () => path.receivedBytes > before);
      path[Symbol.dispose]();
      assert.equal((await calling)?.isRelayed, true);
    });
  },
});
