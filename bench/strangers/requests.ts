/** Requests that strangers may make, and the cost of identifying their senders. */
import { encodeJson } from "../../lib/encoding/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import { connectTls, peerFingerprint } from "../../lib/transport/tls.ts";
import { frameBytes, opening } from "../systems/frames.ts";
import { type Load, signer } from "./_load.ts";
import { ask, bytesOf, joined, repeat } from "./_raw.ts";

const none = new Uint8Array(0);

function http(method: string, target: string, fields = "", body = ""): string {
  return `${method} ${target} HTTP/1.1\r\nhost: localhost\r\n${fields}\r\n${body}`;
}

const upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** Requests other than calls, in frames; each names another one. */
function requests(request: Readonly<Record<string, unknown>>, count = 1000): Uint8Array {
  const body = encodeJson(request);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.length);
  const framed = joined([length, body]);
  return joined(
    Array.from({ length: count }, (_, index) => frameBytes(FrameKind.request, index + 1, framed)),
  );
}

/** A request in text with an invalid signature. */
function badlySigned(): Promise<Uint8Array> {
  const value = {
    ...{ client: "signer", service: "math", rpc: "add", arguments: [2, 3] },
    ...{ to: "127.0.0.1:1", time: Date.now(), nonce: crypto.randomUUID() },
  };
  const signature = "A".repeat(86);
  const envelope = { header: "RPC-REQ", value, key: signer.publicKey, signature };
  return Promise.resolve(bytesOf(JSON.stringify(envelope)));
}

const batch = `[${
  Array.from({ length: 1000 }, (_, id) => `{"jsonrpc":"2.0","id":${id},"method":"a.b"}`).join(",")
}]\n`;

const brackets = bytesOf(`{"header":${"[".repeat(60_000)}`);

const floods: Readonly<Record<string, { readonly first: Uint8Array; readonly again: Uint8Array }>> =
  {
    "GET /metrics": { first: none, again: bytesOf(http("GET", "/metrics").repeat(500)) },
    "GET /readyz": { first: none, again: bytesOf(http("GET", "/readyz").repeat(1000)) },
    "HTTP upgrades": { first: none, again: bytesOf(http("GET", "/", upgrade).repeat(500)) },
    "prefaces of HTTP/2": { first: none, again: bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
    "descriptions": { first: opening("c2"), again: requests({ op: "describe" }) },
    "statuses": { first: opening("c2"), again: requests({ op: "status" }) },
    "refused batches of 1,000": { first: none, again: bytesOf(batch.repeat(10)) },
  };

export const loads: readonly Load[] = [
  ...Object.entries(floods).map(([name, flood]): Load => ({
    name: `${name}, 20 connections`,
    memoryMiBMax: 200,
    logKiBPerSecondMax: 256,
    play: (target, signal) => repeat(target, signal, { count: 20, ...flood }),
  })),
  {
    name: "bad signatures in text, 20 connections",
    memoryMiBMax: 100,
    logKiBPerSecondMax: 256,
    play: (target, signal) => ask(target, signal, { count: 20, says: badlySigned }),
  },
  {
    name: "looks at the certificate, 20 connections",
    isSecure: true,
    memoryMiBMax: 100,
    logKiBPerSecondMax: 256,
    play: async ({ host, port }, signal) => {
      await Promise.all(Array.from({ length: 20 }, async () => {
        while (!signal.aborted) await peerFingerprint(host, port, { timeoutMs: 5000 });
      }));
    },
  },
  {
    name: "60 KB of brackets over TLS, 20 connections",
    isSecure: true,
    memoryMiBMax: 150,
    logKiBPerSecondMax: 256,
    play: async ({ host, port }, signal) => {
      const timeoutMs = 5000;
      const trust = { fingerprint: await peerFingerprint(host, port, { timeoutMs }) };
      await Promise.all(Array.from({ length: 20 }, async () => {
        while (!signal.aborted) {
          const transport = await connectTls(host, port, { timeoutMs, trust });
          const answer = new Uint8Array(1024);
          await transport.write(brackets).catch(() => {});
          await transport.read(answer).catch(() => null);
          transport.close();
        }
      }));
    },
  },
  {
    name: "text to a port of TLS, 20 connections",
    isSecure: true,
    memoryMiBMax: 100,
    logKiBPerSecondMax: 256,
    play: (target, signal) => ask(target, signal, { count: 20, says: bytesOf(batch) }),
  },
];
