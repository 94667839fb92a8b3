import assert from "node:assert/strict";
import { NodeUnreachable } from "../../lib/errors/mod.ts";
import { connectTcp, listenTcp, type Transport } from "../../lib/transport/mod.ts";
import { connectTls, listenTls, pinnedName, type TlsTrust } from "../../lib/transport/tls.ts";
import { type CertificatePem, generateCertificate } from "../../lib/identity/certificate.ts";
import { readAll, transportSuite } from "./transport_suite.ts";
import { mentions } from "../_support/mentions.ts";

const host = "127.0.0.1";
const timeoutMs = 10_000;
const day = 24 * 3600 * 1000;

function make(hosts: string[], fromMs = -day, toMs = day): Promise<CertificatePem> {
  const nowMs = Date.now();
  return generateCertificate({ hosts, fromMs: nowMs + fromMs, toMs: nowMs + toMs });
}

const mine = await make([host, "node.test", pinnedName]);
const unnamed = await make([host]);
const expired = await make([host, pinnedName], -2 * day, -day);
const early = await make([host, pinnedName], day, 2 * day);
const others = await make([host, pinnedName]);

const listenAs = (made: CertificatePem, port = 0) =>
  listenTls(host, port, { cert: made.certificate, key: made.key });

async function pair(): Promise<readonly [Transport, Transport]> {
  const listener = listenAs(mine);
  try {
    const trust = { authorities: [mine.certificate] };
    // A connection waits for its handshake until it is accepted.
    const [near, far] = await Promise.all([
      connectTls(host, listener.port, { timeoutMs, trust }),
      listener.accept(),
    ]);
    assert.ok(far !== null);
    return [near, far];
  } finally {
    listener.close();
  }
}

transportSuite("tls", pair);

Deno.test("tls: closing ends the wait for connections, and is idempotent", async () => {
  const listener = listenAs(mine);
  const waiting = listener.accept();
  listener.close();
  listener.close();
  assert.equal(await waiting, null);
  assert.equal(await listener.accept(), null);
});

Deno.test("tls: both ends know the addresses of the socket, to which keys are proved", async () => {
  const [near, far] = await pair();
  try {
    assert.equal(near.remoteHost, host);
    assert.equal(far.localHost, host);
    assert.equal(near.remotePort, far.localPort);
    assert.equal(near.localPort, far.remotePort);
  } finally {
    near.close();
    far.close();
  }
});

Deno.test({
  name: "tls: a node sends small answers at once, with a renewed certificate, too",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const trust = { authorities: [mine.certificate] };
    const listener = listenAs(mine);
    const accepted = async (): Promise<readonly Transport[]> => {
      const ends = await Promise.all([
        connectTls(host, listener.port, { timeoutMs, trust }),
        listener.accept(),
      ]);
      return ends.map((end) => end!);
    };
    const open = [...await accepted()];
    await listener.renew({ cert: mine.certificate, key: mine.key });
    open.push(...await accepted());
    // The new listening socket, and two accepted ones.
    assert.deepEqual(sendAtOnce(listener.port), [true, true, true]);
    for (const end of [listener, ...open]) end.close();
  },
});

/** For each socket of this process with that port: whether it sends small writes immediately (`TCP_NODELAY`). */
function sendAtOnce(port: number): boolean[] {
  const libc = Deno.dlopen("libc.so.6", {
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  const { getsockname, getsockopt } = libc.symbols;
  const [address, value, length] = [new Uint8Array(28), new Uint32Array(1), new Uint32Array(1)];
  const found: boolean[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    length[0] = address.length;
    if (getsockname(Number(name), address, length) !== 0) continue;
    if (new DataView(address.buffer).getUint16(2) !== port) continue;
    length[0] = value.byteLength;
    if (getsockopt(Number(name), 6, 1, value, length) === 0) found.push(value[0] !== 0);
  }
  libc.close();
  return found;
}

/** Serves one certificate, counts input after handshakes, and connects. */
async function attempt(shown: CertificatePem, trust: TlsTrust): Promise<string> {
  const listener = listenAs(shown);
  let heard = 0;
  const serving = (async () => {
    for (;;) {
      const transport = await listener.accept();
      if (transport === null) return;
      await transport.read(new Uint8Array(1)).then((count) => heard += count ?? 0, () => {});
      transport.close();
    }
  })();
  try {
    const connection = await connectTls(host, listener.port, { timeoutMs, trust });
    await connection.write(Uint8Array.of(1));
    connection.close();
    return "trusted";
  } catch (error) {
    assert.ok(error instanceof NodeUnreachable);
    assert.equal(error.node, `${host}:${listener.port}`);
    return error.message;
  } finally {
    listener.close();
    await serving;
    if (heard > 0) assert.equal(heard, 1);
  }
}

Deno.test("tls: a caller trusts only the certificate it was given, by file, name or fingerprint", async () => {
  const authorities = [mine.certificate];
  assert.equal(await attempt(mine, { authorities }), "trusted");
  assert.equal(await attempt(mine, { authorities, serverName: "node.test" }), "trusted");
  assert.equal(await attempt(mine, { fingerprint: mine.fingerprint }), "trusted");
  assert.match(await attempt(mine, {}), mentions("authority", '"ca"'));
  assert.match(await attempt(others, { authorities }), /\btrusted\b|\bgood\b/);
  assert.match(
    await attempt(mine, { authorities, serverName: "x.test" }),
    mentions('"server-name"', "certificate"),
  );
  const wrong = await attempt(others, { fingerprint: mine.fingerprint });
  assert.ok(wrong.includes(`another certificate, ${others.fingerprint}`), wrong);
  assert.ok(wrong.includes(mine.fingerprint), wrong);
  assert.match(
    await attempt(unnamed, { fingerprint: unnamed.fingerprint }),
    mentions('"farcall.invalid"', '"ca"'),
  );
  for (
    const trust of [{ authorities: [expired.certificate] }, { fingerprint: expired.fingerprint }]
  ) {
    assert.match(await attempt(expired, trust), mentions("expired", "renew"));
  }
  assert.match(await attempt(early, { authorities: [early.certificate] }), /\bvalid\b.*\byet\b/);
});

Deno.test("tls: a certificate seen before is valid only with its key", async () => {
  assert.equal(await attempt(mine, { fingerprint: mine.fingerprint }), "trusted");
  const says = await attempt(others, { fingerprint: mine.fingerprint });
  assert.match(says, /\bcertificate\b/);
});

Deno.test("tls: a listener without TLS, or one that does not answer, is reported as such", async () => {
  const listener = listenTcp(host, 0);
  const answer = async (bytes: Uint8Array): Promise<void> => {
    const transport = await listener.accept();
    await transport!.read(new Uint8Array(4096));
    await transport!.write(bytes);
    transport!.close();
  };
  const connecting = async (trust: TlsTrust, bytes: Uint8Array): Promise<string> => {
    const [connected] = await Promise.allSettled([
      connectTls(host, listener.port, { timeoutMs, trust }),
      answer(bytes),
    ]);
    assert.equal(connected.status, "rejected");
    assert.ok(connected.reason instanceof NodeUnreachable);
    return connected.reason.message;
  };
  const text = new TextEncoder().encode('{"header":"RPC-EX"}\n');
  try {
    assert.match(await connecting({}, text), mentions("TLS", '"tls"'));
    assert.match(await connecting({ fingerprint: mine.fingerprint }, text), mentions("TLS"));
    assert.match(
      await connecting({}, new Uint8Array()),
      /\bended\b.*\bsecure\b/,
    );
    const silent = connectTls(host, listener.port, { timeoutMs: 200, trust: {} });
    const taken = await listener.accept();
    await assert.rejects(silent, /\banswer\b/);
    taken!.close();
  } finally {
    listener.close();
  }
});

Deno.test("tls: a plain caller is told so by an alert, and the node knows why", async () => {
  const listener = listenAs(mine);
  try {
    const plain = await connectTcp(host, listener.port, { timeoutMs });
    const far = await listener.accept();
    await plain.write(Uint8Array.of(0xfc, 0x46, 0x43, 0x52));
    await plain.write(new Uint8Array(16));
    await assert.rejects(async () => await far!.handshake!(), mentions("TLS"));
    const alert = new Uint8Array(16);
    await plain.read(alert);
    assert.deepEqual([...alert.subarray(0, 2)], [0x15, 0x03]);
    plain.close();
    far!.close();
  } finally {
    listener.close();
  }
});

Deno.test("tls: a caller that only fetches the certificate is distinguished from one that does not trust it", async () => {
  // An unknown fingerprint requires fetching the certificate first.
  const fresh = await make([host, pinnedName]);
  const [listener, impostor] = [listenAs(fresh), listenAs(others)];
  try {
    const trust = { fingerprint: fresh.fingerprint };
    const refused = assert.rejects(
      connectTls(host, impostor.port, { timeoutMs, trust }),
      /\bcertificate\b/,
    );
    const distrusting = (await impostor.accept())!;
    await assert.rejects(distrusting.handshake!(), /\btrust\b.*\bcertificate\b/);
    await refused;
    const connecting = connectTls(host, listener.port, { timeoutMs, trust });
    const looking = (await listener.accept())!;
    assert.equal(await looking.handshake!(), false);
    const calling = (await listener.accept())!;
    assert.equal(await calling.handshake!(), true);
    for (const end of [distrusting, looking, calling, await connecting]) end.close();
  } finally {
    listener.close();
    impostor.close();
  }
});

Deno.test("tls: a missing handshake delays no others, and ends when it is closed", async () => {
  const listener = listenAs(mine);
  try {
    const mute = await connectTcp(host, listener.port, { timeoutMs });
    const muteFar = await listener.accept();
    const handshake = muteFar!.handshake!();
    const trust = { authorities: [mine.certificate] };
    const [near, far] = await Promise.all([
      connectTls(host, listener.port, { timeoutMs, trust }),
      listener.accept(),
    ]);
    await near.write(Uint8Array.of(7));
    assert.equal(await far!.read(new Uint8Array(1)), 1);
    muteFar!.close();
    await assert.rejects(handshake);
    for (const end of [mute, near, far!]) end.close();
  } finally {
    listener.close();
  }
});

Deno.test("tls: after a renewal, the new certificate is presented, and existing connections continue", async () => {
  const listener = listenAs(mine);
  try {
    const { port } = listener;
    const connecting = (made: CertificatePem) =>
      connectTls(host, port, { timeoutMs, trust: { fingerprint: made.fingerprint } });
    const accept = async (): Promise<Transport> => {
      for (;;) {
        // A peer that only fetches the certificate comes first.
        const transport = (await listener.accept())!;
        if (await transport.handshake!()) return transport;
        transport.close();
      }
    };
    const [before, beforeFar] = await Promise.all([connecting(mine), accept()]);
    const accepting = accept();
    await listener.renew({ cert: others.certificate, key: others.key });
    await assert.rejects(listener.renew({ cert: mine.certificate, key: others.key }), TypeError);
    const [after, afterFar] = await Promise.all([connecting(others), accepting]);
    await before.write(Uint8Array.of(1));
    await after.write(Uint8Array.of(2));
    assert.equal(await beforeFar.read(new Uint8Array(1)), 1);
    assert.equal(await afterFar.read(new Uint8Array(1)), 1);
    for (const end of [before, beforeFar, after, afterFar]) end.close();
  } finally {
    listener.close();
  }
});

Deno.test("tls: a truncated stream is not a finished one", async () => {
  const listener = listenAs(mine);
  const front = listenTcp(host, 0);
  try {
    const trust = { authorities: [mine.certificate] };
    const connecting = connectTls(host, front.port, { timeoutMs, trust });
    const outside = (await front.accept())!;
    const inside = await connectTcp(host, listener.port, { timeoutMs });
    const pump = async (from: Transport, to: Transport): Promise<void> => {
      const buffer = new Uint8Array(4096);
      for (;;) {
        const count = await from.read(buffer).catch(() => null);
        if (count === null) return;
        await to.write(buffer.slice(0, count)).catch(() => {});
      }
    };
    const pumping = [pump(outside, inside), pump(inside, outside)];
    const far = (await listener.accept())!;
    const near = await connecting;
    await far.write(Uint8Array.of(1, 2, 3));
    const got = new Uint8Array(3);
    for (let count = 0; count < 3;) count += (await near.read(got.subarray(count)))!;
    // Between records, as an attacker in the middle can do without any key.
    outside.close();
    inside.close();
    await assert.rejects(readAll(near));
    near.close();
    far.close();
    await Promise.all(pumping);
  } finally {
    listener.close();
    front.close();
  }
});

Deno.test({
  name: "tls: the socket of a handshake that was given up ends, though its peer stays",
  // Elsewhere the runtime keeps it.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    for (const address of [host, "::1"]) {
      const listener = listenTls(address, 0, { cert: mine.certificate, key: mine.key });
      const held: Deno.TcpConn[] = [];
      try {
        for (const says of [[], [0x16, 3, 1, 2, 0, 1]]) {
          const [near, far] = await Promise.all([
            Deno.connect({ hostname: address, port: listener.port }),
            listener.accept(),
          ]);
          held.push(near);
          await near.write(Uint8Array.from(says));
          const handshake = far!.handshake!();
          far!.close();
          await assert.rejects(handshake);
          assert.equal(await near.read(new Uint8Array(1)).catch(() => null), null);
        }
      } finally {
        for (const conn of held) conn.close();
        listener.close();
      }
    }
  },
});
