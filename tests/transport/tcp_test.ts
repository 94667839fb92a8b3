import assert from "node:assert/strict";
import { AddressInUse, AddressNotAvailable, NodeUnreachable } from "../../lib/errors/mod.ts";
import { ConnTransport, plainHost } from "../../lib/transport/conn.ts";
import { ConnListener, type RuntimeListener } from "../../lib/transport/_listener.ts";
import {
  connectTcp,
  type ConnectTcpOptions,
  formatAddress,
  listenTcp,
  type Transport,
} from "../../lib/transport/mod.ts";
import { freePort } from "../_support/ports.ts";
import { listenerSuite } from "./listener_suite.ts";
import { transportSuite } from "./transport_suite.ts";
import { mentions } from "../_support/mentions.ts";

const host = "127.0.0.1";

/** A feature that Deno's `node:net` gained after 2.4: choosing the local address and port. */
const canChooseSource = await connectsFrom("127.0.0.2");

transportSuite("tcp", () => connectPair({ timeoutMs: 60_000 }));

transportSuite(
  "tcp from a chosen address",
  () => connectPair({ timeoutMs: 60_000, localHost: "127.0.0.2" }),
  { ignore: !canChooseSource },
);

listenerSuite("tcp", () => {
  const listener = listenTcp(host, 0);
  return {
    listener,
    connect: () => connectTcp(host, listener.port, { timeoutMs: 60_000 }),
  };
});

Deno.test("tcp: a port in use is distinguished from every other failure", () => {
  const listener = listenTcp(host, 0);
  try {
    assert.throws(() => listenTcp(host, listener.port), (error) => {
      assert.ok(error instanceof AddressInUse);
      assert.match(error.message, mentions(`${host}:${listener.port}`));
      return true;
    });
  } finally {
    listener.close();
  }
});

Deno.test("tcp: an address of another machine cannot be listened on", () => {
  assert.throws(() => listenTcp("203.0.113.1", 0), (error) => {
    assert.ok(error instanceof AddressNotAvailable);
    assert.match(error.message, mentions('"203.0.113.1"'));
    return true;
  });
});

Deno.test("tcp: connecting to a closed port says that nothing listens, and what to do", async () => {
  const port = freePort();
  await assert.rejects(connectTcp(host, port, { timeoutMs: 60_000 }), (error) => {
    assert.ok(error instanceof NodeUnreachable);
    assert.equal(error.node, `${host}:${port}`);
    assert.match(error.message, new RegExp(`farcall serve ${host} ${port}`));
    return true;
  });
});

Deno.test({
  name: "tcp: a client with a port in init.yaml calls from it, and again right after",
  ignore: !canChooseSource,
  async fn() {
    const localPort = freePort();
    for (let round = 0; round < 2; round++) {
      const [near, far] = await connectPair({
        timeoutMs: 60_000,
        localHost: "127.0.0.2",
        localPort,
      });
      assert.equal(far.remote, `127.0.0.2:${localPort}`);
      near.close();
      far.close();
    }
  },
});

Deno.test("tcp: a caller that cannot use its chosen address does not use another", async () => {
  const listener = listenTcp(host, 0);
  try {
    const connecting = connectTcp(host, listener.port, {
      timeoutMs: 60_000,
      localHost: "203.0.113.1",
    });
    await assert.rejects(connecting, (error) => {
      assert.ok(error instanceof NodeUnreachable);
      assert.match(error.message, mentions("203.0.113.1", "port"));
      return true;
    });
  } finally {
    listener.close();
  }
});

Deno.test("formatted addresses can be parsed again", () => {
  assert.equal(formatAddress("10.0.0.1", 80), "10.0.0.1:80");
  assert.equal(formatAddress("::1", 80), "[::1]:80");
});

Deno.test("a caller over IPv4 has the same address whether or not the node listens on IPv6", () => {
  assert.equal(plainHost("::ffff:10.0.0.1"), "10.0.0.1");
  assert.equal(plainHost("::FFFF:10.0.0.1"), "10.0.0.1");
  for (const address of ["10.0.0.1", "::1", "::ffff:1:2", "fe80::ffff:10.0.0.1"]) {
    assert.equal(plainHost(address), address);
  }
});

async function connectPair(
  options: ConnectTcpOptions,
): Promise<readonly [Transport, Transport]> {
  const listener = listenTcp(host, 0);
  try {
    const near = await connectTcp(host, listener.port, options);
    const far = await listener.accept();
    assert.ok(far !== null);
    if (options.localHost !== undefined) assert.equal(far.remoteHost, options.localHost);
    return [near, far];
  } finally {
    listener.close();
  }
}

async function connectsFrom(localHost: string): Promise<boolean> {
  try {
    const ends = await connectPair({ timeoutMs: 60_000, localHost });
    for (const end of ends) end.close();
    return true;
  } catch (error) {
    if (error instanceof NodeUnreachable) return false;
    throw error;
  }
}

Deno.test("tcp: peers that leave before they are accepted neither evict others nor block the loop", async () => {
  let failures = 1000;
  let turns = 0;
  const count = setInterval(() => turns += 1, 0);
  const gone = new Deno.errors.NotConnected();
  const listener = new ConnListener(
    {
      addr: { transport: "tcp", hostname: host, port: 1 },
      accept: () => Promise.reject(failures-- > 0 ? gone : new Deno.errors.BadResource()),
      close: () => {},
    } as unknown as RuntimeListener,
  );
  listener.onShortage = () => assert.fail("it is no shortage");
  try {
    assert.equal(await listener.accept(), null);
    assert.ok(turns > 0, "all else had its turn");
  } finally {
    clearInterval(count);
    listener.close();
  }
});

Deno.test("tcp: the system holds no small write that follows another; a connection of one such write asks for nothing", async () => {
  const small = new Uint8Array(100);
  const cases: [sizes: Uint8Array[], asked: number][] = [
    [[small], 0],
    [[small, small], 1],
    [[small, small, small], 1],
    // Its last segment would wait for the acknowledgement of those before.
    [[new Uint8Array(100_000)], 1],
  ];
  for (const [writes, asked] of cases) {
    let count = 0;
    const transport = new ConnTransport(
      {
        localAddr: { transport: "tcp", hostname: host, port: 1 },
        setNoDelay: () => count += 1,
        write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
      } as unknown as Deno.TcpConn,
      host,
      2,
    );
    await Promise.all(writes.map((bytes) => transport.write(bytes)));
    assert.equal(count, asked, `${writes.length} writes of ${writes[0]!.length} bytes`);
  }
});

Deno.test({
  name: "more newcomers wait to be accepted than the runtime's own queue has places for",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const listener = listenTcp(host, 0);
    // Beyond its places, the system drops their first packets.
    const opened = Promise.all(
      Array.from({ length: 300 }, () => Deno.connect({ hostname: host, port: listener.port })),
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), 20_000);
    });
    const conns = await Promise.race([opened, late]);
    clearTimeout(timer);
    listener.close();
    assert.equal(conns?.length, 300);
    for (const conn of conns!) conn.close();
  },
});
