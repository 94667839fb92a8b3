/**
 * Golden transcripts: what crosses a connection, both ways, as bytes that a person can read.
 *
 * ```text
 * # a comment; also behind hex
 * !from 203.0.113.7 4711      where the caller seems to be; default 127.0.0.1 1
 * !node own                   a node of its own; empty: and nothing was deployed to it
 * > fc 46 43 52               the caller's bytes, in hex
 * >|{"version":1}             the caller's bytes, as text up to the end of the line
 * >:GET / HTTP/1.1            the same, with CR LF behind it
 * < 00 0a                     the node's bytes; <| and <: likewise
 * >eof                        the caller ends its direction
 * <eof                        the node ends the connection
 * !stop                       the node is told to stop, as by SIGTERM
 * !local                      the caller proves here to be the node's own user: two requests and their answers, which
 *                             are of no two nodes the same
 * ```
 *
 * `{{name}}` stands for a script's id: 32 bytes in hex, 64 digits in text; `{{name:12}}` for its first 12
 * digits. `{{*}}` in text stands for any 64 hex digits: a hash over what nobody can foresee, such as a time. The
 * software in a hello is that of the day when the transcript was written; whatever runs today is taken for it.
 */
import assert from "node:assert/strict";
import type { Transport } from "../lib/transport/mod.ts";
import { frameHeaderBytes, FrameKind, preface, software } from "../lib/protocol/mod.ts";
import { localProof } from "../lib/identity/mod.ts";
import { readUint32 } from "../lib/encoding/mod.ts";
import { requestFrame } from "./_support/raw_caller.ts";

/** One event. */
export type Step =
  | { readonly kind: "caller" | "node"; readonly bytes: Uint8Array }
  | { readonly kind: "caller ends" | "node ends" | "stop" | "proves local" };

/** A parsed transcript. */
export interface Transcript {
  readonly name: string;
  /** The caller's address. */
  readonly from: readonly [host: string, port: number];
  readonly node: "shared" | "own" | "empty";
  readonly steps: readonly Step[];
}

/** The ids behind `{{name}}`. */
export type Ids = ReadonlyMap<string, string>;

const golden = new URL("./golden/", import.meta.url);

/** All transcripts of a folder of `tests/golden`, by name. */
export async function readTranscripts(folder: string, ids: Ids): Promise<Map<string, Transcript>> {
  const transcripts = new Map<string, Transcript>();
  const names: string[] = [];
  const url = new URL(`${folder}/`, golden);
  for await (const entry of Deno.readDir(url)) names.push(entry.name);
  for (const name of names.sort()) {
    const text = await Deno.readTextFile(new URL(name, url));
    transcripts.set(name.replace(/\.txt$/, ""), parseTranscript(`${folder}/${name}`, text, ids));
  }
  return transcripts;
}

/** Parses a transcript. */
export function parseTranscript(name: string, text: string, ids: Ids): Transcript {
  let from: readonly [string, number] = ["127.0.0.1", 1];
  let node: Transcript["node"] = "shared";
  const steps: Step[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const place = `${name}:${index + 1}`;
    if (line === "" || line.startsWith("#")) continue;
    if (line === ">eof") steps.push({ kind: "caller ends" });
    else if (line === "<eof") steps.push({ kind: "node ends" });
    else if (line === "!stop") steps.push({ kind: "stop" });
    else if (line === "!local") steps.push({ kind: "proves local" });
    else if (line === "!node own") node = "own";
    else if (line === "!node empty") node = "empty";
    else if (line.startsWith("!from ")) {
      const [, host, port] = line.split(" ");
      from = [host, Number(port)];
    } else {
      assert.ok(line[0] === ">" || line[0] === "<", `${place}: what is this? ${line}`);
      const lineEnd = { "|": "", ":": "\r\n" }[line[1]];
      const bytes = lineEnd !== undefined
        ? new TextEncoder().encode(withIds(line.slice(2), ids, place) + lineEnd)
        : bytesOfHex(withIds(line.slice(1).replace(/#.*/, ""), ids, place), place);
      append(steps, line[0] === ">" ? "caller" : "node", bytes);
    }
  }
  return { name, from, node, steps };
}

/** Stands for any hash. */
const anyHash = "?".repeat(64);

/** Expected bytes, with received hashes in place of each {@linkcode anyHash}. */
function withHashes(expected: Uint8Array, received: Uint8Array): Uint8Array {
  const latin1 = new TextDecoder("latin1");
  const text = latin1.decode(received);
  const filled = expected.slice();
  for (const { index } of latin1.decode(expected).matchAll(/\?{64}/g)) {
    if (!/^[0-9a-f]{64}$/.test(text.slice(index, index + 64))) continue;
    filled.set(received.subarray(index, index + 64), index);
  }
  return filled;
}

function withIds(text: string, ids: Ids, place: string): string {
  return text.replaceAll("{{*}}", anyHash).replace(
    /\{\{(\w+)(?::(\d+))?\}\}/g,
    (_, name: string, digits = "64") => {
      const id = ids.get(name);
      assert.ok(id !== undefined, `${place}: no script "${name}"`);
      return id.slice(0, Number(digits));
    },
  );
}

function bytesOfHex(text: string, place: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  assert.match(digits, /^(?:[0-9a-f]{2})*$/, `${place}: not hex: ${text}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Consecutive bytes of one side form one step. */
function append(steps: Step[], kind: "caller" | "node", bytes: Uint8Array): void {
  const last = steps.at(-1);
  if (last?.kind !== kind) steps.push({ kind, bytes });
  else steps[steps.length - 1] = { kind, bytes: Uint8Array.of(...last.bytes, ...bytes) };
}

/** How one side's bytes are split into writes. */
export type Cut = "whole" | "byte by byte";

/** Both ways to cut. */
export const cuts: readonly Cut[] = ["whole", "byte by byte"];

/** Writes bytes in one piece, or byte by byte. */
export async function writeCut(transport: Transport, bytes: Uint8Array, cut: Cut): Promise<void> {
  const step = cut === "whole" ? Math.max(1, bytes.length) : 1;
  for (let offset = 0; offset < bytes.length; offset += step) {
    await transport.write(bytes.subarray(offset, offset + step));
  }
}

/** Reads one side of a transcript and compares it. */
export class ExpectedBytes {
  readonly #transport: Transport;
  readonly #name: string;
  #expected = "";
  #isFirst = true;

  constructor(transport: Transport, name: string) {
    this.#transport = transport;
    this.#name = name;
  }

  /** Reads as many bytes as expected, and fails unless they match. */
  async next(expected: Uint8Array): Promise<void> {
    const written = softwareIn(expected);
    const today = this.#isFirst && written !== undefined
      ? withSoftware(expected, written, software)
      : expected;
    this.#isFirst = false;
    const received = await readExactly(this.#transport, today.length);
    const shown = show(withHashes(today, received));
    assert.equal(show(received), shown, `${this.#name}: after\n${this.#expected}`);
    this.#expected = shown;
  }

  /** Fails unless the connection ends here. */
  async end(): Promise<void> {
    const rest = await readExactly(this.#transport, 64 * 1024);
    assert.equal(
      show(rest),
      "",
      `${this.#name}: nothing more was expected after\n${this.#expected}`,
    );
  }
}

/** Proves to a framed node on this machine to be its own user, between two steps of a transcript. */
export async function proveLocally(transport: Transport): Promise<void> {
  const ask = async (call: number, request: object): Promise<Record<string, string>> => {
    await transport.write(requestFrame(call, { op: "local", ...request }));
    const header = await readExactly(transport, frameHeaderBytes);
    const body = await readExactly(transport, readUint32(header, 0));
    assert.equal(header[4], FrameKind.response, new TextDecoder().decode(body));
    return JSON.parse(new TextDecoder().decode(body.subarray(4)));
  };
  const { file, challenge } = await ask(0xffff_fff0, {});
  const claim = { secret: await Deno.readTextFile(file), challenge, to: transport.remote };
  await ask(0xffff_fff1, { to: claim.to, proof: await localProof(claim) });
}

/** Reads until this many bytes have arrived, or the stream ends. */
async function readExactly(transport: Transport, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  while (offset < length) {
    const count = await transport.read(bytes.subarray(offset));
    if (count === null) break;
    offset += count;
  }
  return bytes.subarray(0, offset);
}

/** The software named in a stream that starts with a preface and a hello. */
function softwareIn(bytes: Uint8Array): string | undefined {
  if (bytes.length < 16 || !preface.every((byte, index) => bytes[index] === byte)) return undefined;
  if (bytes[8] !== FrameKind.hello) return undefined;
  const body = bytes.subarray(16, 16 + readUint32(bytes, 4));
  return (JSON.parse(new TextDecoder().decode(body)) as { software: string }).software;
}

/** Such a stream, with other software in its hello. */
function withSoftware(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const bodyEnd = 16 + readUint32(bytes, 4);
  const hello = new TextDecoder().decode(bytes.subarray(16, bodyEnd));
  const body = new TextEncoder().encode(hello.replace(JSON.stringify(from), JSON.stringify(to)));
  const changed = Uint8Array.of(...bytes.subarray(0, 16), ...body, ...bytes.subarray(bodyEnd));
  new DataView(changed.buffer).setUint32(4, body.length);
  return changed;
}

/** Bytes in a transcript's notation: text if possible, else hex. */
function show(bytes: Uint8Array): string {
  let shown = "";
  let wasText: boolean | undefined;
  for (const byte of bytes) {
    const isText = byte >= 0x20 && byte < 0x7f;
    if (isText !== wasText) shown += `${shown === "" ? "" : "\n"}${isText ? "|" : ""}`;
    shown += isText ? String.fromCharCode(byte) : ` ${byte.toString(16).padStart(2, "0")}`;
    wasText = isText;
  }
  return shown;
}
