import assert from "node:assert/strict";
import { AddressNotAvailable, ConnectionLost, NodeUnreachable } from "../../../lib/errors/mod.ts";
import { generatePem, SigningKey, toBase64Url } from "../../../lib/identity/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import { memoryPair, type Transport } from "../../../lib/transport/mod.ts";
import { SealedTransport } from "../../../lib/transport/nats/_sealed.ts";
import { connectNats, listenNats, NatsLink } from "../../../lib/transport/nats/mod.ts";
import { NatsServer } from "../../_support/nodes/nats_server.ts";
import { needing, program } from "../../_support/programs.ts";
import { until } from "../../_support/nodes/node.ts";
import { listenerSuite } from "../listener_suite.ts";
import { readAll, transportSuite } from "../transport_suite.ts";
import { mentions } from "../../_support/mentions.ts";

const fleet = "lab";
const key = await SigningKey.fromPem(await generatePem());
const timeoutMs = 30_000;
const isThere = program("nats-server").isMet();

if (isThere) {
  const { url } = (await NatsServer.start()).untilUnload();
  const link = await NatsLink.open({ url });
  const connectTo = (node: string) => connectNats({ url, fleet, node, timeoutMs });
  const listener = await listenNats(link, { fleet, node: "s1", key });
  // A session that stays keeps the shared link.
  await connectTo("s1");
  await listener.accept();
  let count = 0;

  transportSuite("nats", async () => {
    const [near, far] = await Promise.all([connectTo("s1"), listener.accept()]);
    assert.ok(far !== null);
    return [near, far];
  });

  listenerSuite("nats", async () => {
    const node = `rack.${count++}`;
    const listener = await listenNats(link, { fleet, node, key });
    return { listener, connect: () => connectTo(node) };
  });

  Deno.test("nats: both ends name the node, and neither an address", async () => {
    const [near, far] = await Promise.all([connectTo("s1"), listener.accept()]);
    assert.deepEqual([near.remote, far!.localHost], ["nats:lab/s1", "lab/s1"]);
    assert.deepEqual([near.carrier, far!.carrier], ["nats", "nats"]);
    near.close();
    far!.close();
  });

  Deno.test("nats: a caller learns which key the node has proved, and may refuse it", async () => {
    const keys: string[] = [];
    const checkKey = (key: string) => void keys.push(key);
    const connecting = connectNats({ url, fleet, node: "s1", timeoutMs, checkKey });
    const [near, far] = await Promise.all([connecting, listener.accept()]);
    assert.deepEqual(keys, [key.publicKey]);
    near.close();
    far!.close();
    const refuse = () => {
      throw new NodeUnreachable("it is another", { node: "s1" });
    };
    await assert.rejects(
      connectNats({ url, fleet, node: "s1", timeoutMs, checkKey: refuse }),
      /\banother\b/,
    );
    const refused = (await listener.accept())!;
    assert.equal(await refused.read(new Uint8Array(1)), null);
    refused.close();
  });

  Deno.test("nats: a program that relays a session cannot impersonate its node", async () => {
    const other = await SigningKey.fromPem(await generatePem());
    const relay = await NatsLink.open({ url });
    // A man in the middle between caller and node, like the server itself.
    let [caller, there] = ["", ""];
    const own = "farcall.v1.lab.c.-.relay.1";
    relay.connection.subscribe("farcall.v1.lab.open.s7", {
      callback: (_, { data, reply }) => {
        caller = reply!;
        relay.connection.publish("farcall.v1.lab.open.s1", data, { reply: own });
      },
    });
    const nodeSide = "farcall.v1.lab.s.s7.1";
    relay.connection.subscribe(own, {
      callback: (_, { data, reply }) => {
        if (reply !== undefined) there = reply;
        relay.connection.publish(caller, data, { reply: nodeSide });
      },
    });
    relay.connection.subscribe(nodeSide, {
      callback: (_, { data }) => relay.connection.publish(there, data, { reply: own }),
    });
    await relay.connection.flush();
    // The node's signature covers its name and its subjects: it proves nothing for another name or subject.
    await assert.rejects(connectTo("s7"), /\bsigned\b/);
    (await listener.accept())!.close();
    // Nor does another key.
    const posing = await listenNats(relay, { fleet, node: "s8", key: other });
    const checkKey = (shown: string) => {
      if (shown !== key.publicKey) throw new NodeUnreachable("posing", { node: "s8" });
    };
    await assert.rejects(connectNats({ url, fleet, node: "s8", timeoutMs, checkKey }), /posing/);
    posing.close();
    await relay.close();
  });

  Deno.test("nats: data altered in transit ends the session unread", async () => {
    const pair = memoryPair();
    const secret = () =>
      crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const [send, receive] = await Promise.all([secret(), secret()]) as CryptoKey[];
    const sender = new SealedTransport(pair[0], { send, receive });
    await sender.write(Uint8Array.of(1, 2, 3));
    await sender.write(Uint8Array.of(4, 5, 6));
    await sender.closeWrite();
    const sealed = await readAll(pair[1]);
    assert.equal(sealed.length, 2 * (4 + 3 + 16));
    const open = async (bytes: Uint8Array): Promise<number[]> => {
      const [far, near] = memoryPair();
      await far.write(bytes);
      await far.closeWrite();
      const receiver = new SealedTransport(near, { send: receive, receive: send });
      try {
        return [...await readAll(receiver)];
      } finally {
        receiver.close();
        far.close();
      }
    };
    assert.deepEqual(await open(sealed), [1, 2, 3, 4, 5, 6]);
    const flipped = sealed.map((byte, index) => index === 5 ? byte ^ 1 : byte);
    const swapped = Uint8Array.of(...sealed.subarray(23), ...sealed.subarray(0, 23));
    const repeated = Uint8Array.of(...sealed.subarray(0, 23), ...sealed.subarray(0, 23));
    const torn = sealed.subarray(0, 40);
    const endless = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
    for (const bytes of [flipped, swapped, repeated, sealed.subarray(23), torn, endless]) {
      await assert.rejects(open(bytes), ConnectionLost);
    }
    for (const each of pair) each.close();
  });

  Deno.test("nats: an absent node is detected at once, well before the time limit", async () => {
    await assert.rejects(connectTo("s9"), (error) => {
      assert.ok(error instanceof NodeUnreachable);
      assert.match(error.message, mentions("s9"));
      assert.match(error.message, /\bconnected\b/);
      return true;
    });
  });

  Deno.test("nats: a lost message ends a session, and the sender notices", async () => {
    const heard: { kind: number; reply?: string }[] = [];
    const subject = "farcall.v1.lab.c.-.raw.1";
    const subscription = link.connection.subscribe(subject, {
      callback: (_, { data, reply }) => heard.push({ kind: data[1], reply }),
    });
    const say = (to: string, kind: number, number: number, ...body: number[]) =>
      link.connection.publish(to, Uint8Array.of(1, kind, 0, 0, 0, number, ...body), {
        reply: subject,
      });
    say("farcall.v1.lab.open.s1", 1, 0, ...await offerOfKey());
    const far = (await listener.accept())!;
    await until("it is accepted", () => heard.length > 0);
    const there = heard[0].reply!;
    // The header of a record of 17 bytes, and its last byte.
    say(there, 3, 1, 0, 0, 0, 17);
    say(there, 3, 3, 43);
    await assert.rejects(far.read(new Uint8Array(10)), ConnectionLost);
    await until("it hears that", () => heard.some(({ kind }) => kind === 6));
    far.close();
    // No session begins if its replies would go anywhere but to a caller.
    for (const reply of ["farcall.v1.lab.s.s2.x", "farcall.v1.lab.c.a.b", "$JS.API.INFO"]) {
      link.connection.publish("farcall.v1.lab.open.s1", Uint8Array.of(1, 1, 0, 0, 0, 0), { reply });
    }
    await link.connection.flush();
    const [near, next] = await Promise.all([connectTo("s1"), listener.accept()]);
    near.close();
    assert.equal(await next!.read(new Uint8Array(1)), null, "the first that was accepted");
    next!.close();
    subscription.unsubscribe();
  });

  Deno.test("nats: a session whose other end has vanished silently ends", async () => {
    const other = await NatsLink.open({ url });
    const listener = await listenNats(other, { fleet, node: "s3", key });
    const [near, far] = await Promise.all([connectTo("s3"), listener.accept()]);
    // Its program is gone: none of its sessions says goodbye.
    await other.connection.close();
    await assert.rejects(near.read(new Uint8Array(1)), ConnectionLost);
    near.close();
    far!.close();
    listener.close();
  });

  Deno.test("nats: readers that do not read hold at most a window of memory, and delay nobody else", async () => {
    const pairs: (readonly [Transport, Transport])[] = [];
    for (let count = 0; count < 40; count++) {
      const [near, far] = await Promise.all([connectTo("s1"), listener.accept()]);
      pairs.push([near, far!]);
    }
    const idle = pairs.slice(1).map(([, far]) =>
      far.write(new Uint8Array(4 << 20)).catch(() => {})
    );
    const [[near, far]] = pairs;
    const sent = new Uint8Array(2 << 20).fill(7);
    const writing = far.write(sent).then(() => far.closeWrite());
    let read = 0;
    const target = new Uint8Array(1 << 20);
    for (;;) {
      const bytes = await near.read(target);
      if (bytes === null) break;
      read += bytes;
    }
    await writing;
    assert.equal(read, sent.length);
    for (const [, far] of pairs.slice(1)) {
      assert.equal(far.sentBytes, limits.nats.windowBytesFirst);
    }
    for (const [near, far] of pairs) {
      near.close();
      far.close();
    }
    await Promise.all(idle);
  });
}

Deno.test({
  ...needing(
    "nats-server",
    "nats: a killed server ends sessions within moments, and nodes take new ones after it",
  ),
  fn: async () => {
    await using server = await NatsServer.start();
    const { url } = server;
    await using link = await NatsLink.open({ url });
    const listener = await listenNats(link, { fleet, node: "s1", key });
    const connect = () => connectNats({ url, fleet, node: "s1", timeoutMs });
    const [near, far] = await Promise.all([connect(), listener.accept()]);
    const ends = [near.read(new Uint8Array(1)), far!.read(new Uint8Array(1))];
    const lost = ends.map((end) => assert.rejects(end, ConnectionLost));
    await server.kill();
    await Promise.all(lost);
    await assert.rejects(near.write(new Uint8Array(1)), ConnectionLost);
    near.close();
    far!.close();
    await assert.rejects(connect(), NodeUnreachable);
    await using _again = await server.restart();
    await until("the link is renewed", () => link.isUp);
    const [again, there] = await Promise.all([connect(), listener.accept()]);
    await again.write(Uint8Array.of(5));
    assert.equal(await there!.read(new Uint8Array(8)), 1);
    const gone = there!.read(new Uint8Array(1));
    again.close();
    assert.equal(await gone, null);
    there!.close();
    listener.close();
  },
});

/** The opening message of a caller that knows the protocol. */
async function offerOfKey(): Promise<Uint8Array> {
  const { publicKey } = await crypto.subtle.generateKey("X25519", false, [
    "deriveBits",
  ]) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return new TextEncoder().encode(JSON.stringify({ share: toBase64Url(raw) }));
}

/** Permissions as in docs/fleet.md: a node can only act as itself, and so can a client. */
const permissions = `authorization { users = [
  { user: s1, password: a, permissions: {
    subscribe: ["farcall.v1.lab.open.s1", "farcall.v1.lab.s.s1.*"]
    publish: ["farcall.v1.lab.c.>"] } }
  { user: c1, password: b, permissions: {
    subscribe: ["farcall.v1.lab.c.c1.*.*"]
    publish: ["farcall.v1.lab.open.*", "farcall.v1.lab.s.>"] } }
] }`;

Deno.test({
  ...needing(
    "nats-server",
    "nats: by its permissions a node is itself and no other, and so is a client",
  ),
  fn: async () => {
    await using server = await NatsServer.start({ configuration: permissions });
    const { url } = server;
    await using link = await NatsLink.open({ url, credentials: "s1:a" });
    await assert.rejects(listenNats(link, { fleet, node: "s2", key }), AddressNotAvailable);
    await using posing = await NatsLink.open({ url, credentials: "c1:b" });
    await assert.rejects(listenNats(posing, { fleet, node: "s1", key }), AddressNotAvailable);
    const listener = await listenNats(link, { fleet, node: "s1", key });
    const client = { url, fleet, node: "s1", timeoutMs };
    const [near, far] = await Promise.all([
      connectNats({ ...client, client: "c1", credentials: "c1:b" }),
      listener.accept(),
    ]);
    await near.write(Uint8Array.of(1));
    assert.equal(await far!.read(new Uint8Array(1)), 1);
    for (
      const wrong of [
        { client: "c2", credentials: "c1:b" },
        { client: "c1", credentials: "s1:a" },
      ]
    ) {
      await assert.rejects(connectNats({ ...client, ...wrong }), (error) => {
        assert.ok(error instanceof NodeUnreachable);
        assert.match(error.message, /\bpermission|\blet\b/i);
        return true;
      });
    }
    const gone = far!.read(new Uint8Array(1));
    near.close();
    assert.equal(await gone, null);
    far!.close();
    listener.close();
  },
});
