/** Peers that connect and reset immediately, like port scans and health checks, and callers that must not notice. */
import assert from "node:assert/strict";
import { connect as connectSocket } from "node:net";
import { connect, type ConnectOptions } from "../../lib/client/mod.ts";
import { connectTcp, formatAddress, type Transport } from "../../lib/transport/mod.ts";
import { connectTls, type TlsTrust } from "../../lib/transport/tls.ts";
import { readAll } from "../transport/transport_suite.ts";
import { bytesOf } from "./nodes/node.ts";

/** A node with an rpc math.add for c1. */
export interface ResetTarget {
  readonly host: string;
  readonly port: number;
  /** The node's process, suspended while a connection is reset, so that it cannot accept it before. */
  readonly pid: number;
  readonly tls?: { readonly options: NonNullable<ConnectOptions["tls"]>; readonly trust: TlsTrust };
}

/** Connects, and resets the connection before the node has accepted it. */
async function reset({ host, port, pid }: ResetTarget): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  try {
    await new Promise<void>((resolve, reject) => {
      const socket = connectSocket({ host, port }, () => socket.resetAndDestroy());
      socket.once("error", reject);
      socket.once("close", () => resolve());
    });
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
}

/** Resets connections, and fails if anyone else loses a call, a half-sent request or an upload. */
export async function checkBystanders(
  target: ResetTarget,
  { resets, perSecond }: { resets: number; perSecond: number },
): Promise<void> {
  const { host, port, tls } = target;
  const address = formatAddress(host, port);
  const options = { as: "c1", tls: tls?.options };
  await using pooled = await connect(address, options);
  await using oneShot = await connect(address, { ...options, oneShot: true });
  assert.equal(await pooled.call("math", "add", [1, 1]), 2);
  for (let begun = 0; begun < resets; begun += resetsPerRound) {
    await withHalfSent(target, async () => {
      for (let count = begun; count < Math.min(begun + resetsPerRound, resets); count++) {
        await reset(target);
        await new Promise((resolve) => setTimeout(resolve, 1000 / perSecond));
        assert.equal(await pooled.call("math", "add", [count, 1]), count + 1);
        if (count % 10 !== 0) continue;
        assert.equal(await oneShot.call("math", "add", [count, 2]), count + 2);
      }
    });
  }
}

/** Few enough that a busy machine gets through in less time than a node waits for a half-sent request. */
const resetsPerRound = 25;

/** Sends half of each request before the work, and the rest after it. */
async function withHalfSent(target: ResetTarget, work: () => Promise<void>): Promise<void> {
  const requests = halfSentRequests(formatAddress(target.host, target.port));
  const halfSent: Transport[] = [];
  try {
    for (const [first] of requests) {
      const transport = await open(target);
      halfSent.push(transport);
      await transport.write(bytesOf(first));
    }
    await work();
    for (const [index, [, second, answer]] of requests.entries()) {
      await halfSent[index].write(bytesOf(second));
      assert.match(new TextDecoder().decode(await readAll(halfSent[index])), answer);
    }
  } finally {
    for (const transport of halfSent) transport.close();
  }
}

/** Enough that a node which believes it is short of descriptors would close some. */
function halfSentRequests(address: string): [first: string, second: string, answer: RegExp][] {
  const text = '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add",';
  const upload =
    `POST /math/add HTTP/1.1\r\nhost: ${address}\r\ncontent-type: application/json\r\n` +
    "connection: close\r\ncontent-length: 5\r\n\r\n[2,";
  return Array.from(
    { length: 24 },
    (_, index) =>
      index % 2 === 0
        ? [text, '"arguments":[2,3]}}', /"return-values":\[5\]/]
        : [upload, "3]", /^HTTP\/1\.1 200 [^]*5/],
  );
}

function open({ host, port, tls }: ResetTarget): Promise<Transport> {
  const timeoutMs = 10_000;
  return tls === undefined
    ? connectTcp(host, port, { timeoutMs })
    : connectTls(host, port, { timeoutMs, trust: tls.trust });
}
