/**
 * Connections that send without a pause: stray frames, refused calls, and input that costs more to read than to send.
 */
import { encodeJson, writeUint32 } from "../../lib/encoding/mod.ts";
import { FrameKind, preface } from "../../lib/protocol/mod.ts";
import { frameBytes, opening } from "../systems/frames.ts";
import type { Load } from "./_load.ts";
import { bytesOf, joined, repeat } from "./_raw.ts";

const atOnce = 10_000;
const none = new Uint8Array(0);
const one = new Uint8Array(4);
writeUint32(one, 0, 1);

const route = encodeJson({
  service: "math",
  rpc: "add",
  argumentTypes: ["int", "int"],
  returnTypes: ["int"],
});
const payload = joined([new Uint8Array(4), Uint8Array.of(0, 0, 0, 5), bytesOf("[2,3]")]);
const key = "ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

function many(make: (index: number) => Uint8Array, count = atOnce): Uint8Array {
  return joined(Array.from({ length: count }, (_, index) => make(index)));
}

function text(what: string, count: number): Uint8Array {
  return bytesOf(what.repeat(count));
}

/** The bytes sent first, and those repeated. */
interface Flood {
  readonly first: Uint8Array;
  readonly again: Uint8Array;
  readonly connections?: readonly number[];
}

const post = "POST /math/add HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
const known = joined([opening("c2"), frameBytes(FrameKind.route, 0, route, 1)]);

const floods: Readonly<Record<string, Flood>> = {
  "pongs": {
    first: opening(),
    again: many(() => frameBytes(FrameKind.pong, 0, none)),
    connections: [1, 100],
  },
  "pings": { first: opening(), again: many(() => frameBytes(FrameKind.ping, 0, none)) },
  "cancels of nothing": {
    first: opening(),
    again: many((index) => frameBytes(FrameKind.cancel, index + 1, none)),
  },
  "goodbyes": {
    first: opening(),
    again: many(() => frameBytes(FrameKind.goodbye, 0, encodeJson({}))),
  },
  "credit for nothing": {
    first: opening(),
    again: many((index) => frameBytes(FrameKind.credit, index + 1, one)),
  },
  "credit of 1 byte, on a stream that runs": {
    first: joined([
      opening("c2"),
      frameBytes(
        FrameKind.route,
        0,
        encodeJson({
          service: "math",
          rpc: "ticks",
          argumentTypes: [],
          returnTypes: ["Stream[int]"],
        }),
        1,
      ),
      frameBytes(
        FrameKind.call,
        1,
        joined([new Uint8Array(4), Uint8Array.of(0, 0, 0, 2), bytesOf("[]")]),
        1,
      ),
    ]),
    again: many(() => frameBytes(FrameKind.credit, 1, one)),
  },
  "routes, defined again": {
    first: opening(),
    again: many((index) => frameBytes(FrameKind.route, 0, route, index % 100)),
    connections: [1, 20],
  },
  "frames behind a proof": {
    first: joined([
      preface,
      frameBytes(
        FrameKind.hello,
        0,
        encodeJson({ version: 1, software: "bench", messageBytesMax: 1 << 20, key }),
      ),
      frameBytes(
        FrameKind.request,
        1,
        joined([
          Uint8Array.of(0, 0, 0, 49),
          bytesOf('{"op":"prove","to":"127.0.0.1:1","signature":"x"}'),
        ]),
      ),
    ]),
    again: many(() => frameBytes(FrameKind.pong, 0, none)),
  },
  "calls of a client": {
    first: known,
    again: many((index) => frameBytes(FrameKind.call, index + 1, payload, 1), 2000),
    connections: [1, 20],
  },
  "notifications of a client in JSON-RPC": {
    first: none,
    again: text('{"jsonrpc":"2.0","method":"math.add","params":[2,3]}\n', 2000),
    connections: [1, 20],
  },
  "refused notifications in JSON-RPC": {
    first: none,
    again: text('{"jsonrpc":"2.0","method":"a.b"}\n', 4000),
    connections: [1, 20],
  },
  "HTTP chunks of 1 byte": {
    first: bytesOf(`${post}transfer-encoding: chunked\r\n\r\n`),
    again: text("1\r\n \r\n", 20_000),
    connections: [1, 20],
  },
  "pipelined HTTP requests for nothing": {
    first: none,
    again: text("GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n", 1000),
    connections: [1, 20],
  },
  "text without an end": {
    first: bytesOf("{"),
    again: text('"a":[{},"b\\"c",', 20_000),
    connections: [1, 20],
  },
};

export const loads: readonly Load[] = Object.entries(floods).flatMap(([name, flood]) =>
  (flood.connections ?? [1]).map((count): Load => ({
    name: `${name}, ${count === 1 ? "1 connection" : `${count} connections`}`,
    memoryMiBMax: 200,
    // Each call of a client is a line, as it should be.
    logKiBPerSecondMax: name.includes("of a client") ? Infinity : 256,
    play: (target, signal) => repeat(target, signal, { count, ...flood }),
  }))
);
