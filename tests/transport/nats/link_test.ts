import assert from "node:assert/strict";
import { InvalidConfiguration, NodeUnreachable } from "../../../lib/errors/mod.ts";
import { parseNatsUrl } from "../../../lib/identity/nats_address.ts";
import { NatsLink, readNatsCredentials } from "../../../lib/transport/nats/mod.ts";
import { generateCertificate } from "../../../lib/identity/certificate.ts";
import { NatsServer } from "../../_support/nodes/nats_server.ts";
import { needing } from "../../_support/programs.ts";

/** The first message on a subject. */
function firstOn(link: NatsLink, subject: string): Promise<string> {
  return new Promise((resolve, reject) => {
    link.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) reject(error);
        else resolve(new TextDecoder().decode(message.data));
      },
    });
  });
}

Deno.test({
  ...needing(["nats-server"], "a link to NATS transports messages, replies, and a store's keys"),
  fn: async () => {
    await using server = await NatsServer.start();
    await using link = await NatsLink.open({ url: server.url });
    await using other = await NatsLink.open({ url: server.url });
    const came = firstOn(link, "a.*");
    await link.connection.flush();
    other.connection.publish("a.b", "text");
    assert.equal(await came, "text");
    link.connection.subscribe("double", {
      callback: (_, { reply, data }) =>
        link.connection.publish(reply!, new Uint8Array(2 * data.length)),
    });
    await link.connection.flush();
    const large = new Uint8Array(300 * 1024);
    const answer = await other.connection.request("double", large, { timeout: 10_000 });
    assert.equal(answer.data.length, 2 * large.length);
    await assert.rejects(other.connection.request("nobody", "", { timeout: 10_000 }), {
      name: "RequestError",
    });

    const bucket = await link.openBucket("farcall_lab", { history: 2 });
    const revision = await bucket.put("fleet", new Uint8Array([1]));
    await bucket.update("fleet", new Uint8Array([2]), revision);
    await assert.rejects(bucket.update("fleet", new Uint8Array([3]), revision));
    const there = await (await other.openBucket("farcall_lab")).get("fleet");
    assert.deepEqual([...there!.value], [2]);
    assert.equal(await bucket.get("nothing"), null);
  },
});

Deno.test({
  ...needing(["nats-server"], "a link reports at once that its server was killed, and reconnects"),
  fn: async () => {
    await using server = await NatsServer.start();
    await using link = await NatsLink.open({ url: server.url });
    const broken = new Promise<void>((resolve) => link.onBreak(resolve));
    const renewed = new Promise<void>((resolve) => link.onRenewal(resolve));
    const came = firstOn(link, "a");
    await link.connection.flush();
    await server.kill();
    await broken;
    assert.equal(link.isUp, false);
    await using _again = await server.restart();
    await renewed;
    assert.equal(link.isUp, true);
    link.connection.publish("a", "subscribed anew");
    assert.equal(await came, "subscribed anew");
  },
});

Deno.test({
  ...needing(
    ["nats-server"],
    "a link to NATS over TLS trusts the authority that is named, and no other",
  ),
  fn: async () => {
    const nowMs = Date.now();
    const make = () =>
      generateCertificate({
        hosts: ["127.0.0.1"],
        fromMs: nowMs - 60_000,
        toMs: nowMs + 3_600_000,
      });
    const [mine, others] = await Promise.all([make(), make()]);
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/cert.pem`, mine.certificate);
      await Deno.writeTextFile(`${folder}/key.pem`, mine.key);
      await using server = await NatsServer.start({
        configuration: `tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`,
      });
      const url = server.url.replace("nats:", "tls:");
      await using link = await NatsLink.open({ url, authorities: [mine.certificate] });
      await link.connection.flush();
      for (const authorities of [[others.certificate], undefined]) {
        await assert.rejects(NatsLink.open({ url: server.url, authorities }), (error) => {
          assert.ok(error instanceof NodeUnreachable);
          assert.match(error.message, /"ca"/);
          return true;
        });
      }
      await using plain = await NatsServer.start();
      await assert.rejects(
        NatsLink.open({ url: plain.url.replace("nats:", "tls:") }),
        { code: "Node Unreachable", message: /\bTLS\b/ },
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

// Made for this test alone.
const nkey = {
  seed: "SUADDG6MJ3RXUKMYO7JTV4MN2MJAXJIVZK4I6ORTGFNM66UCSNKS3BTNPY",
  publicKey: "UCZ2ESEVUAM2RYGJ5VTXVLUEDSHT7BNQDMSY57IP7FM52OHKODQGYMBL",
};

Deno.test({
  ...needing(["nats-server"], "a link to NATS authenticates, and reports missing permissions"),
  fn: async () => {
    await using server = await NatsServer.start({
      configuration: 'authorization { users = [ { user: s7, password: "se:cret" }, ' +
        `{ nkey: ${nkey.publicKey} } ] }`,
    });
    const { url } = server;
    for (const credentials of ["s7:se:cret\n", `${nkey.seed}\n`]) {
      await using link = await NatsLink.open({ url, credentials });
      await link.connection.flush();
    }
    for (const credentials of [undefined, "s7:wrong"]) {
      await assert.rejects(NatsLink.open({ url, credentials }), (error) => {
        assert.ok(error instanceof NodeUnreachable);
        assert.match(error.message, /FARCALL_NATS_CREDS/);
        return true;
      });
    }
    await assert.rejects(
      NatsLink.open({ url, credentials: "nothing known" }),
      InvalidConfiguration,
    );
    await assert.rejects(readNatsCredentials("/nowhere/s7.creds"), InvalidConfiguration);
  },
});

Deno.test("a link to NATS reports that nothing listens, or that the listener is not NATS", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `nats://127.0.0.1:${listener.addr.port}`;
  const answering = listener.accept().then(async (conn) => {
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    conn.close();
  });
  await assert.rejects(NatsLink.open({ url }), /not NATS/);
  await answering;
  listener.close();
  await assert.rejects(NatsLink.open({ url }), NodeUnreachable);
});

Deno.test("NATS URLs are nats:// and tls://, several for a cluster, and contain no secret", () => {
  assert.deepEqual(parseNatsUrl("nats://a:4222, tls://b/"), ["nats://a:4222", "tls://b"]);
  for (
    const wrong of ["", "a:4222", "http://a", "nats://", "nats://user:password@a", "nats://a,"]
  ) {
    assert.equal(parseNatsUrl(wrong), undefined, wrong);
  }
});
