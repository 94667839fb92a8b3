/** Strangers that connect, send a little and wait; and known callers that do, with few descriptors. */
import { preface } from "../../lib/protocol/mod.ts";
import { opening } from "../systems/frames.ts";
import type { Load } from "./_load.ts";
import { bytesOf, hold } from "./_raw.ts";

const count = 10_000;

const says: Record<string, Uint8Array> = {
  "nothing": new Uint8Array(0),
  "1 byte of text": bytesOf("{"),
  "1 byte of HTTP": bytesOf("P"),
  "1 byte of frames": preface.subarray(0, 1),
  "half a request of 64 KiB": bytesOf(`{"a":"${"x".repeat(64 * 1024)}`),
  "a hello": opening(),
};

const jsonRpc = '{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":1}\n';

export const loads: readonly Load[] = [
  ...Object.entries(says).flatMap(([what, first]): Load[] => {
    const load: Load = {
      name: `${count} strangers that send ${what}`,
      memoryMiBMax: what.startsWith("half") ? 600 : 200,
      // Each connection is a line.
      logKiBPerSecondMax: 1024,
      play: (target, signal) => hold(target, signal, { count, says: first }),
    };
    return [load, {
      ...load,
      name: `${load.name}, to a server that only reads`,
      isFloor: true,
    }];
  }),
  ...["half a request of 64 KiB", "a hello"].map((what): Load => ({
    name: `${count} strangers over IPv6 that send ${what}`,
    host: "::1",
    memoryMiBMax: what.startsWith("half") ? 600 : 200,
    logKiBPerSecondMax: 1024,
    play: (target, signal) => hold(target, signal, { count, says: says[what] }),
  })),
  {
    name: "140 idle known callers, 128 descriptors",
    descriptors: 128,
    memoryMiBMax: 50,
    play: (target, signal) => hold(target, signal, { count: 140, says: bytesOf(jsonRpc) }),
  },
  {
    name: "1500 half hellos, 128 descriptors",
    descriptors: 128,
    memoryMiBMax: 50,
    logKiBPerSecondMax: 1024,
    play: (target, signal) =>
      hold(target, signal, { count: 1500, says: opening().subarray(0, 20) }),
  },
  ...[64, 1500].map((held): Load => ({
    name: `${held} half handshakes of TLS, 256 descriptors`,
    isSecure: true,
    descriptors: 256,
    memoryMiBMax: 100,
    logKiBPerSecondMax: 1024,
    play: (target, signal) =>
      hold(target, signal, { count: held, says: Uint8Array.of(0x16, 3, 1, 2, 0, 1) }),
  })),
];
