/** Clients that send and receive large frames, as fast as the node takes them. */
import { encodeJson } from "../../lib/encoding/mod.ts";
import { frameHeaderBytes, FrameKind, writeFrameHeader } from "../../lib/protocol/mod.ts";
import { connect } from "../../lib/client/mod.ts";
import { formatAddress } from "../../lib/transport/mod.ts";
import { compileSignature } from "../../lib/types/mod.ts";
import { frameBytes, opening } from "../systems/frames.ts";
import type { Load, LoadTarget } from "./_load.ts";
import { joined, keepOpen, pause, played, say } from "./_raw.ts";

const KiB = 1024;

function routeOf(rpc: string, args: readonly string[], returns: readonly string[]): Uint8Array {
  const route = { service: "text", rpc, argumentTypes: args, returnTypes: returns };
  return frameBytes(FrameKind.route, 0, encodeJson(route), 1);
}

function header(kind: number, call: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes);
  writeFrameHeader(bytes, 0, { bodyBytes, kind, route: 1, call });
  return bytes;
}

/** The body of a call: its deadline, and its arguments. */
function callBody(args: readonly string[], values: readonly unknown[]): Uint8Array {
  return joined([
    new Uint8Array(4),
    compileSignature({ args, returns: [] }).encodeArguments(values),
  ]);
}

/** The same frame, again and again. */
interface Again {
  readonly count: number;
  /** What is sent first. */
  readonly first: Uint8Array;
  readonly kind: number;
  readonly body: Uint8Array;
  /** The number of the frame's call. Default: the next. */
  readonly call?: number;
  /** Answers that may be owed. Default: any number. */
  readonly ahead?: number;
}

/** Sends it on `count` connections until the signal, and reads what is answered. */
async function send(target: LoadTarget, signal: AbortSignal, again: Again): Promise<void> {
  const { count, first, kind, body, call, ahead = Infinity } = again;
  const use = async (conn: Deno.TcpConn): Promise<void> => {
    const answers = new Answers(conn);
    let isOpen = await say(conn, first);
    for (let number = 1; isOpen && !signal.aborted; number++) {
      await answers.atLeast(number - ahead);
      // Small frames in one write; large ones are not copied.
      const head = header(kind, call ?? number, body.length);
      isOpen = body.length < 64 * KiB
        ? await say(conn, joined([head, body]))
        : await say(conn, head) && await say(conn, body);
    }
  };
  await keepOpen(target, signal, { count, use });
}

/** Counts the frames that a node sends, by the lengths in their headers. */
class Answers {
  #count = 0;
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(conn: Deno.Conn) {
    void this.#read(conn).catch(() => {}).then(() => {
      this.#isOver = true;
      this.#wake?.();
    });
  }

  /** Waits for so many answers, or for the end of the connection. */
  async atLeast(count: number): Promise<void> {
    while (this.#count < count && !this.#isOver) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async #read(conn: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(256 * KiB);
    const head = new Uint8Array(frameHeaderBytes);
    let headBytes = 0;
    let skip = 4; // The preface.
    for (let length; (length = await conn.read(buffer)) !== null;) {
      for (let at = 0; at < length;) {
        const skipped = Math.min(skip, length - at);
        skip -= skipped;
        at += skipped;
        while (at < length && headBytes < head.length) head[headBytes++] = buffer[at++]!;
        if (headBytes < head.length) break;
        headBytes = 0;
        skip = new DataView(head.buffer).getUint32(0);
        if (head[4] === FrameKind.result || head[4] === FrameKind.exception) this.#count += 1;
      }
      this.#wake?.();
    }
  }
}

const size = joined([opening("c2"), routeOf("size", ["bytes"], ["int"])]);
const fill = joined([opening("c2"), routeOf("fill", ["int"], ["str"])]);

/** The frames of calls with so many bytes. */
function calls(bytes: number): Pick<Again, "first" | "kind" | "body"> {
  return { first: size, kind: FrameKind.call, body: callBody(["bytes"], [new Uint8Array(bytes)]) };
}

/** The frames of calls whose results have so many bytes. */
function results(bytes: number): Pick<Again, "first" | "kind" | "body"> {
  return { first: fill, kind: FrameKind.call, body: callBody(["int"], [bytes]) };
}

const big = 15e6;

/** Sends items on `count` connections until the signal, and reads them back. */
async function mirror(
  { host, port }: LoadTarget,
  signal: AbortSignal,
  { count, bytes }: { count: number; bytes: number },
): Promise<void> {
  const item = new Uint8Array(bytes);
  const items = function* () {
    while (!signal.aborted) yield item;
  };
  await Promise.all(Array.from({ length: count }, async () => {
    await using caller = await connect(formatAddress(host, port), { as: "c2" });
    while (!signal.aborted) {
      try {
        const mirrored = await caller.call("text", "mirror", [items()], { signal });
        for await (const _ of mirrored as AsyncIterable<unknown>) played.bytes += bytes;
      } catch {
        // Refused, or the end.
        await pause(10);
      }
    }
  }));
}

export const loads: readonly Load[] = [
  { what: "calls with 15 MB, 60 connections", again: { ...calls(big), count: 60 } },
  {
    what: "calls with 15 MB, one by one, 60 connections",
    again: { ...calls(big), count: 60, ahead: 1 },
  },
  { what: "calls with 1 MB, 60 connections", again: { ...calls(1e6), count: 60 } },
  {
    what: "calls with 64 KB, 4 by 4, 200 connections",
    again: { ...calls(64e3), count: 200, ahead: 4 },
  },
  {
    what: "256 calls with 1 KB at once, 60 connections",
    again: { ...calls(1e3), count: 60, ahead: 256 },
  },
  { what: "results of 15 MB, 60 connections", again: { ...results(big), count: 60, ahead: 1 } },
  {
    what: "results of 256 KB, 4 by 4, 200 connections",
    again: { ...results(256e3), count: 200, ahead: 4 },
  },
].map(({ what, again }): Load => ({
  name: what,
  memoryMiBMax: 700,
  // Each call is a record.
  logKiBPerSecondMax: Infinity,
  play: (target, signal) => send(target, signal, again),
})).concat([1e3, 64e3, 1e6].map((bytes) => ({
  name: `stream items of ${bytes / 1e3} KB both ways, 40 connections`,
  memoryMiBMax: 700,
  logKiBPerSecondMax: Infinity,
  play: (target, signal) => mirror(target, signal, { count: 40, bytes }),
})));
