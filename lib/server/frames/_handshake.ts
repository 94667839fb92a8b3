/** The handshake of a framed connection: prefaces, hellos, and the proof of a claimed key. */
import type { Channel, Slice } from "../../channel/mod.ts";
import { MalformedMessage, Unauthenticated } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  decodeHello,
  decodeRequest,
  encodeControl,
  FrameKind,
  type Hello,
  preface,
  protocolVersion,
  software,
} from "../../protocol/mod.ts";
import { encodeJson } from "../../encoding/mod.ts";
import { CallerProof } from "../peer/caller_proof.ts";
import type { NodeIdentity } from "../peer/identity.ts";
import type { Caller, Origin } from "../calls/access.ts";
import type { NodeContext } from "../node_context.ts";

/** The connection. */
export interface Beginning {
  readonly node: NodeContext;
  readonly transport: Transport;
  readonly channel: Channel;
  readonly slice: Slice;
  readonly here: NodeIdentity;
  readonly origin: Origin;
  /** The caller is known; requests may follow. */
  begin(caller: Caller): void;
  /** The proof was rejected. */
  refuse(error: unknown): void;
}

/** The handshake of one connection. */
export class Handshake {
  readonly #connection: Beginning;
  #hello: Hello | undefined;
  #isGreeted = false;
  /** The proof that the caller owes; undefined if it claims no key. */
  #proof: CallerProof | undefined;
  #hasProof = false;

  constructor(connection: Beginning) {
    this.#connection = connection;
  }

  /** The caller's hello, once received. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** Whether the node has sent its hello. */
  get isGreeted(): boolean {
    return this.#isGreeted;
  }

  /** Whether the caller owes the proof of a claimed key. */
  get owesProof(): boolean {
    return this.#proof !== undefined && !this.#hasProof;
  }

  /**
   * Reads the caller's preface.
   *
   * @param first Bytes already read, at the beginning of a buffer with room for more.
   * @returns The bytes after it.
   * @throws {MalformedMessage} If it is not one.
   */
  async readPreface(first: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    // Into what follows the first bytes: connections that say one byte and wait need no second buffer.
    const buffer = new Uint8Array(first.buffer, first.byteOffset);
    let length = first.length;
    const { transport, slice } = this.#connection;
    while (length < preface.length) {
      const count = await transport.read(buffer.subarray(length));
      if (count === null) {
        await slice.beginInTurn();
        throw new MalformedMessage("the connection ended inside its preface");
      }
      length += count;
    }
    if (preface.every((byte, index) => buffer[index] === byte)) {
      return buffer.subarray(preface.length, length);
    }
    throw new MalformedMessage("a framed connection begins with the bytes FC 46 43 52");
  }

  /** Sends the node's preface and hello, once. */
  greet(): void {
    if (this.#isGreeted) return;
    this.#isGreeted = true;
    const { node, channel } = this.#connection;
    channel.sendRaw(preface);
    channel.send(FrameKind.hello, 0, 0, helloOf(node, this.#proof?.challenge));
  }

  /** Takes a frame of the handshake. @throws {RpcException} If it is not allowed here. */
  take(kind: number, call: number, body: Uint8Array): void {
    if (this.#hello === undefined) this.#takeHello(kind, body);
    else this.#takeProof(kind, call, body);
  }

  #takeHello(kind: number, body: Uint8Array): void {
    if (kind !== FrameKind.hello) throw new MalformedMessage("the first frame must be a hello");
    const hello = decodeHello(body);
    if (hello.key !== undefined) this.#proof = new CallerProof(hello.key, hello.client);
    this.greet();
    if (hello.version !== protocolVersion) {
      throw new MalformedMessage(
        `${hello.software} speaks version ${hello.version} of the protocol, ` +
          `this node ${protocolVersion}; use the same version of farcall on both sides`,
      );
    }
    this.#hello = hello;
    const { node, transport } = this.#connection;
    node.log.info("connection.framed", {
      from: transport.remote,
      client: hello.client,
      software: hello.software,
    });
    if (this.#proof === undefined) this.#end(hello);
  }

  /** A claimed key is proved before anything else, so that access is decided once. */
  #takeProof(kind: number, call: number, body: Uint8Array): void {
    const { node, transport, channel, here } = this.#connection;
    // Until a key is proved, anything longer than a proof is refused unread.
    const isProof = kind === FrameKind.request && body.length <= limits.helloBytesMax;
    const request = isProof ? decodeRequest(body).request : undefined;
    if (request?.op !== "prove" || call === 0) {
      throw new Unauthenticated('a caller whose hello names a key sends the request "prove" first');
    }
    const [proof, hello] = [this.#proof!, this.#hello!];
    this.#hasProof = true;
    const checked = proof.check(request, here).then(() => {
      if (channel.isClosed) return;
      const { key } = proof;
      node.log.info("connection.proved", { from: transport.remote, client: hello.client, key });
      channel.send(FrameKind.response, 0, call, encodeControl({}));
      this.#end(hello);
    }).catch((error) => this.#connection.refuse(error));
    // Later frames may have arrived already; they wait until the sender is known.
    channel.holdUntil(checked);
  }

  #end({ client, key }: Hello): void {
    this.#connection.begin({ ...this.#connection.origin, client, key });
  }
}

/** The last hello without a challenge, which most callers get. */
let plainHello: { readonly node: string; readonly bytesMax: number; readonly body: Uint8Array } = {
  node: "",
  bytesMax: 0,
  body: new Uint8Array(0),
};

function helloOf({ bounds, services }: NodeContext, challenge: string | undefined): Uint8Array {
  const { messageBytesMax: bytesMax } = bounds;
  const { nodeName: node } = services;
  const isPlain = challenge === undefined;
  if (isPlain && plainHello.node === node && plainHello.bytesMax === bytesMax) {
    return plainHello.body;
  }
  const hello: Hello = {
    version: protocolVersion,
    software,
    messageBytesMax: bytesMax,
    node,
    challenge,
  };
  const body = encodeJson(hello);
  if (isPlain) plainHello = { node, bytesMax, body };
  return body;
}
