/** Repeatedly refused callers: their cost in time and in the log. */
import { encodeJson } from "../../lib/encoding/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import { frameBytes, opening } from "../systems/frames.ts";
import type { Load } from "./_load.ts";
import { bytesOf, joined, repeat } from "./_raw.ts";

const callsAtOnce = 2000;

/** Calls of 16 bytes on a route whose rpc's name is long. */
function refusedCalls(
  client: string,
  nameLength: number,
): { first: Uint8Array; again: Uint8Array } {
  const route = {
    service: "math",
    rpc: "x".repeat(nameLength),
    argumentTypes: [],
    returnTypes: [],
  };
  const first = joined([opening(client), frameBytes(FrameKind.route, 0, encodeJson(route), 1)]);
  const calls = Array.from(
    { length: callsAtOnce },
    (_, index) => frameBytes(FrameKind.call, index + 1, new Uint8Array(4), 1),
  );
  return { first, again: joined(calls) };
}

const longText = bytesOf(JSON.stringify({
  header: "RPC-REQ",
  value: { client: "nobody", service: "x".repeat(60_000), rpc: "add", arguments: [] },
}));

export const loads: readonly Load[] = [
  {
    name: "refused calls, a route of 60 KB, 1 connection",
    memoryMiBMax: 100,
    play: (target, signal) =>
      repeat(target, signal, { count: 1, ...refusedCalls("nobody", 60_000) }),
  },
  {
    name: "refused calls, short names, 20 connections",
    memoryMiBMax: 150,
    play: (target, signal) => repeat(target, signal, { count: 20, ...refusedCalls("nobody", 10) }),
  },
  {
    name: "refused calls of a client, 20 connections",
    memoryMiBMax: 150,
    play: (target, signal) => repeat(target, signal, { count: 20, ...refusedCalls("c2", 10) }),
  },
  {
    name: "refused text requests of 60 KB, 20 connections",
    memoryMiBMax: 150,
    play: (target, signal) =>
      repeat(target, signal, { count: 20, first: longText, again: new Uint8Array(1) }),
  },
  {
    name: "garbage, 20 connections",
    memoryMiBMax: 100,
    play: (target, signal) =>
      repeat(target, signal, { count: 20, first: bytesOf("garbage"), again: new Uint8Array(1) }),
  },
];
