/** Requirements of connections over raw IP and UDP: those of TCP, and their own. */
import assert from "node:assert/strict";
import { AddressInUse, AddressNotAvailable, NodeUnreachable } from "../../../lib/errors/mod.ts";
import { connectPackets, listenPackets } from "../../../lib/transport/raw_ip/mod.ts";
import { ownAddresses } from "../../../lib/transport/raw_ip/socket/mod.ts";
import type { Transport } from "../../../lib/transport/mod.ts";
import { listenerSuite } from "../listener_suite.ts";
import { transportSuite } from "../transport_suite.ts";
import { mentions } from "../../_support/mentions.ts";

const host = "127.0.0.1";
const timeoutMs = 60_000;

/** Registers the cases. @param protocol 17 for UDP. */
export function connectionCases(kind: string, protocol: number): void {
  // Opens the C library, which stays open: Deno 2.4 would report it as a leak of the first test.
  ownAddresses();

  transportSuite(kind, () => connectPair({}));

  listenerSuite(kind, () => {
    const listener = listenPackets(host, 0, { protocol });
    return {
      listener,
      connect: () => connectPackets(host, listener.port, { protocol, timeoutMs }),
    };
  });

  Deno.test(`${kind}: a client with an address and a port calls from there, and again right after`, async () => {
    const [first, other] = await connectPair({ localHost: "127.0.0.2" });
    const localPort = first.localPort!;
    first.close();
    other.close();
    for (let round = 0; round < 2; round++) {
      const [near, far] = await connectPair({ localHost: "127.0.0.2", localPort });
      assert.equal(far.remote, `127.0.0.2:${localPort}`);
      assert.equal(near.localHost, "127.0.0.2");
      assert.equal(far.localHost, host);
      near.close();
      far.close();
    }
  });

  Deno.test(`${kind}: a taken port is told from every other failure`, () => {
    const listener = listenPackets(host, 0, { protocol });
    try {
      assert.throws(
        () => listenPackets(host, listener.port, { protocol }),
        (error) => error instanceof AddressInUse && error.message.includes(String(listener.port)),
      );
      assert.throws(
        () => listenPackets("0.0.0.0", listener.port, { protocol }),
        (error) => error instanceof AddressInUse,
      );
    } finally {
      listener.close();
    }
  });

  Deno.test(`${kind}: addresses that cannot be listened on are told apart`, () => {
    const cases: readonly [host: string, expected: RegExp][] = [
      ["203.0.113.1", mentions('"203.0.113.1"')],
      ["::1", /IPv6/],
    ];
    for (const [host, expected] of cases) {
      assert.throws(() => listenPackets(host, 0, { protocol }), (error) => {
        assert.ok(error instanceof AddressNotAvailable);
        assert.match(error.message, expected);
        return true;
      });
    }
  });

  Deno.test(`${kind}: addresses that cannot be connected to are told apart, at once`, async () => {
    const listener = listenPackets(host, 0, { protocol });
    const { port } = listener;
    listener.close();
    const cases: readonly [host: string, from: string | undefined, expected: RegExp][] = [
      [
        host,
        undefined,
        mentions("farcall serve", "127.0.0.1", "--over"),
      ],
      ["::1", undefined, /IPv6/],
      ["name.invalid", undefined, mentions("IPv4")],
      [host, "203.0.113.1", mentions("203.0.113.1", "port")],
    ];
    for (const [host, localHost, expected] of cases) {
      const connecting = connectPackets(host, port, { protocol, timeoutMs, localHost });
      await assert.rejects(connecting, (error) => {
        assert.ok(error instanceof NodeUnreachable);
        assert.match(error.message, expected);
        return true;
      });
    }
  });

  Deno.test(`${kind}: a node that listens on all addresses is reached at any, and knows at which`, async () => {
    const listener = listenPackets("0.0.0.0", 0, { protocol });
    const near = await connectPackets("127.0.0.9", listener.port, { protocol, timeoutMs });
    const far = await accepted(listener.accept());
    try {
      await near.write(Uint8Array.of(1));
      assert.equal(await far.read(new Uint8Array(1)), 1);
      assert.equal(near.remote, `127.0.0.9:${listener.port}`);
      assert.equal(far.localHost, "127.0.0.9");
      assert.equal(far.localPort, listener.port);
    } finally {
      near.close();
      far.close();
      listener.close();
    }
  });

  Deno.test(`${kind}: what was written before the end arrives, though its writer has closed`, async () => {
    const [near, far] = await connectPair({});
    const bytes = new Uint8Array(100_000).fill(7);
    await near.write(bytes);
    near.close();
    let received = 0;
    for (const target = new Uint8Array(65_536);;) {
      const count = await far.read(target);
      if (count === null) break;
      received += count;
    }
    far.close();
    assert.equal(received, bytes.length);
  });

  async function connectPair(
    from: { localHost?: string; localPort?: number },
  ): Promise<readonly [Transport, Transport]> {
    const listener = listenPackets(host, 0, { protocol });
    const accepting = listener.accept();
    const near = await connectPackets(host, listener.port, { protocol, timeoutMs, ...from });
    const far = await accepted(accepting);
    listener.close();
    return [near, far];
  }
}

async function accepted(accepting: Promise<Transport | null>): Promise<Transport> {
  const transport = await accepting;
  assert.ok(transport !== null);
  return transport;
}
