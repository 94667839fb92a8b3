/** Peers that make a node hold memory: routes, unread results, large requests, waiting calls. */
import { compileSignature } from "../../lib/types/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import { frameBytes, opening } from "../systems/frames.ts";
import type { Load, LoadTarget } from "./_load.ts";
import { bytesOf, close, drain, joined, open, pause, repeat, say, until } from "./_raw.ts";

const fill = compileSignature({ args: ["int"], returns: ["str"] });
const fillRoute = frameBytes(
  FrameKind.route,
  0,
  encodeJson({ service: "text", rpc: "fill", argumentTypes: ["int"], returnTypes: ["str"] }),
  1,
);
const totalRoute = frameBytes(
  FrameKind.route,
  0,
  encodeJson({
    service: "math",
    rpc: "total",
    argumentTypes: ["Stream[int]"],
    returnTypes: ["int"],
  }),
  1,
);
const nothing = compileSignature({ args: [], returns: [] }).encodeArguments([]);

/** Routes with as many empty types as permitted, under 1000 numbers. */
function routes(client: string): { first: Uint8Array; again: Uint8Array } {
  const types = Array(21_000).fill("");
  const body = encodeJson({ service: "a", rpc: "b", argumentTypes: types, returnTypes: [] });
  const again = Array.from(
    { length: 1000 },
    (_, number) => frameBytes(FrameKind.route, 0, body, number),
  );
  return { first: opening(client), again: joined(again) };
}

/** Calls with a deadline of 30 s, all with the same payload. */
function calls(count: number, payload: Uint8Array): Uint8Array {
  return joined(
    Array.from(
      { length: count },
      (_, index) => frameBytes(FrameKind.call, index + 1, joined([new Uint8Array(4), payload]), 1),
    ),
  );
}

/** Connections that have sent something and never read, until the signal. */
async function neverRead(
  target: LoadTarget,
  signal: AbortSignal,
  { count, says }: { count: number; says: Uint8Array },
): Promise<void> {
  const held = await Promise.all(Array.from({ length: count }, async () => {
    const conn = await open(target);
    if (conn !== undefined) void say(conn, says);
    return conn;
  }));
  await until(signal);
  held.forEach(close);
}

/** A number of concurrent requests, each on a connection of its own, repeatedly. */
async function requestAll(
  target: LoadTarget,
  signal: AbortSignal,
  { count, request }: { count: number; request: Uint8Array },
): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => {
    while (!signal.aborted) {
      const conn = await open(target);
      if (conn !== undefined) {
        const onEnough = () => close(conn);
        signal.addEventListener("abort", onEnough);
        const drained = drain(conn);
        await say(conn, request);
        await drained;
        signal.removeEventListener("abort", onEnough);
        close(conn);
      }
      await pause(100);
    }
  }));
}

const text = "x".repeat(15e6);
const textRequest = bytesOf(JSON.stringify({
  header: "RPC-REQ",
  value: { client: "c2", service: "text", rpc: "echo", arguments: [text] },
}));
const jsonRpcRequest = bytesOf(
  JSON.stringify({ jsonrpc: "2.0", id: 1, client: "c2", method: "text.echo", params: [text] }),
);
const httpBody = JSON.stringify([text]);
const httpRequest = bytesOf(
  "POST /text/echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n" +
    `farcall-client: c2\r\ncontent-length: ${httpBody.length}\r\n\r\n${httpBody}`,
);
const halfRequest = textRequest.subarray(0, 15e6);

export const loads: readonly Load[] = [
  {
    name: "routes of 21,000 empty types, of no client, 4 connections",
    memoryMiBMax: 100,
    play: (target, signal) => repeat(target, signal, { count: 4, ...routes("nobody") }),
  },
  {
    name: "routes of 21,000 empty types, of a client, 4 connections",
    memoryMiBMax: 450,
    play: (target, signal) => repeat(target, signal, { count: 4, ...routes("c2") }),
  },
  {
    name: "results of 1 MB that nobody reads, 10 connections",
    // Each executed call is a record.
    logKiBPerSecondMax: 500,
    memoryMiBMax: 450,
    play: (target, signal) =>
      neverRead(target, signal, {
        count: 10,
        says: joined([opening("c2"), fillRoute, calls(400, fill.encodeArguments([1e6]))]),
      }),
  },
  ...Object.entries({ text: textRequest, "JSON-RPC": jsonRpcRequest, HTTP: httpRequest }).map((
    [framing, request],
  ): Load => ({
    name: `requests of 15 MB in ${framing}, 40 at once`,
    memoryMiBMax: 700,
    play: (target, signal) => requestAll(target, signal, { count: 40, request }),
  })),
  {
    name: "halves of requests of 15 MB, 40 connections",
    memoryMiBMax: 450,
    play: (target, signal) => neverRead(target, signal, { count: 40, says: halfRequest }),
  },
  {
    name: "256 calls each whose stream is never fed, 21 connections",
    memoryMiBMax: 150,
    // Each call refused for lack of room is a record of its service.
    logKiBPerSecondMax: 800,
    play: (target, signal) =>
      neverRead(target, signal, {
        count: 21,
        says: joined([opening("c2"), totalRoute, calls(256, nothing)]),
      }),
  },
];
