/** A caller that sends exactly what a test says, byte by byte, even what no real caller would. */
import assert from "node:assert/strict";
import type { Transport } from "../../lib/transport/mod.ts";
import { connectionStatement, type SigningKey } from "../../lib/identity/mod.ts";
import {
  encodeControl,
  FrameDecoder,
  FrameKind,
  type Hello,
  preface,
  protocolVersion,
  type Request,
} from "../../lib/protocol/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { frame } from "./frames.ts";

/** A frame received from a node. */
export interface CameFrame {
  readonly kind: number;
  readonly call: number;
  readonly body: Uint8Array;
}

/** Deviations of a proof; the rest is valid. */
export interface ProofChanges {
  readonly to?: string;
  readonly node?: string;
  readonly client?: string;
  readonly challenge?: string;
  /** The signing key. Default: the one in the hello. */
  readonly signer?: SigningKey;
}

/** One connection to a node. */
export class RawCaller implements Disposable {
  readonly #transport: Transport;
  readonly #came: CameFrame[] = [];
  readonly #decoder = new FrameDecoder((kind, _route, call, body) => {
    this.#came.push({ kind, call, body: body.slice() });
  }, () => 1 << 20);
  #prefaceBytes = 0;
  #client = "";
  /** The node's hello. */
  hello: Hello | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Sends a preface and a hello, and reads the node's. @returns Its challenge. */
  async greet(key?: string, client?: string): Promise<string> {
    this.#client = client ?? "";
    const hello = { version: protocolVersion, software: "a test", messageBytesMax: 1 << 20 };
    const frame = frameOf(FrameKind.hello, 0, encodeJson({ ...hello, client, key }));
    await this.send(preface, frame);
    const { kind, body } = await this.next();
    assert.equal(kind, FrameKind.hello);
    this.hello = JSON.parse(new TextDecoder().decode(body)) as Hello;
    return this.hello.challenge ?? "";
  }

  /** The proof of a key, valid for the node here. */
  async proof(key: SigningKey, changes: ProofChanges = {}): Promise<Request & { op: "prove" }> {
    const { to = this.#transport.remote, node, signer = key } = changes;
    const { challenge = this.hello?.challenge ?? "", client = this.#client } = changes;
    const claim = { challenge, to, node: node ?? "", client, key: key.publicKey };
    return { op: "prove", to, node, signature: await signer.sign(connectionStatement(claim)) };
  }

  /** Sends bytes as one write. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    await this.#transport.write(bytes);
  }

  /** The next frame. @throws If the connection ends first. */
  async next(): Promise<CameFrame> {
    const buffer = new Uint8Array(16 * 1024);
    while (this.#came.length === 0) {
      const count = await this.#transport.read(buffer);
      assert.ok(count !== null, "the node ended the connection without a word");
      const skipped = Math.min(preface.length - this.#prefaceBytes, count);
      this.#prefaceBytes += skipped;
      this.#decoder.push(buffer.subarray(skipped, count));
    }
    return this.#came.shift()!;
  }

  /** The next exception, as `Type: message`, and whether it ends the connection, which must then close. */
  async refusal(): Promise<string> {
    const { kind, call, body } = await this.next();
    assert.equal(kind, FrameKind.exception, new TextDecoder().decode(body));
    const exception = JSON.parse(new TextDecoder().decode(body));
    const text = `${exception["exception-type"]}: ${exception["exception-message"]}`;
    if (call !== 0) return text;
    await assert.rejects(this.next(), /\bended\b/);
    return `the end, ${text}`;
  }

  [Symbol.dispose](): void {
    this.#transport.close();
  }
}

/** A request as a frame. */
export function requestFrame(call: number, request: unknown): Uint8Array {
  return frameOf(FrameKind.request, call, encodeControl(request));
}

/** Encodes any frame on route 0. */
export function frameOf(kind: number, call: number, body: Uint8Array): Uint8Array {
  return frame(kind, { call, body });
}
