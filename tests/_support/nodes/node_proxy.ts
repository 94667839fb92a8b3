/** A proxy in front of a node that makes chosen requests of a deployment fail. */
import { limits } from "../../../lib/limits/mod.ts";
import {
  decodeRequest,
  encodeControl,
  FrameDecoder,
  frameHeaderBytes,
  FrameKind,
  preface,
  type Request,
  writeFrameHeader,
} from "../../../lib/protocol/mod.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { localProof } from "../../../lib/identity/mod.ts";

/** Requests to a node other than calls. */
export type Step = Request["op"];

/**
 * What becomes of a request:
 * - `pass`: it reaches the node, and its answer the asker;
 * - `refuse`: the node never sees it, the asker hears a refusal;
 * - `cut`, `cut after`: the connection ends before the node hears of it, or after it has answered;
 * - `orphan`: the asker's connection ends, and the node does not notice;
 * - `hang`, `hang after`: the asker hears nothing, and the node did not or did do it;
 * - `garbage`: the asker gets bytes that are no answer;
 * - `gone`: it is cut, and no connection is taken any more.
 */
export type Fate =
  | "pass"
  | "refuse"
  | "cut"
  | "cut after"
  | "orphan"
  | "hang"
  | "hang after"
  | "garbage"
  | "gone";

/**
 * Decides a request's fate; may take its time. Undefined lets it pass.
 *
 * @param nth 1 for the first request of this kind, over all connections.
 */
export type FateOf = (step: Step, nth: number) => Fate | void | Promise<Fate | void>;

/** The reply to a refused request. */
export const proxyRefusal = "not today";

/** Everything passes, except for the first request of one kind. */
export function first(step: Step, fate: Fate): FateOf {
  return (each, nth) => each === step && nth === 1 ? fate : undefined;
}

/** A request that was seen. */
export interface Asked {
  readonly step: Step;
  /** The size of its frame's body. */
  readonly bodyBytes: number;
  /** The scripts of a `put`. */
  readonly scripts: number;
}

interface Frame {
  readonly kind: number;
  readonly route: number;
  readonly call: number;
  readonly body: Uint8Array;
}

/** Forwards frames to a node and back. */
export class NodeProxy implements AsyncDisposable {
  /** Every request seen, in order. */
  readonly asked: Asked[] = [];
  /** Total connections made. */
  connections = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: number;
  readonly #fateOf: FateOf;
  readonly #open = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;
  #isGone = false;

  /** @param target The node's port on 127.0.0.1. */
  constructor(target: number, fateOf: FateOf = () => {}) {
    this.#target = target;
    this.#fateOf = fateOf;
    this.#serving = this.#serve();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of [...this.#open]) this.#close(conn);
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const passing: Promise<void>[] = [];
    for await (const near of this.#listener) {
      const far = this.#isGone ? undefined : await connect(this.#target);
      if (far === undefined) {
        near.close();
        continue;
      }
      this.connections += 1;
      this.#open.add(near).add(far);
      passing.push(this.#pass(near, far));
    }
    await Promise.all(passing);
  }

  async #pass(near: Deno.Conn, far: Deno.Conn): Promise<void> {
    const passage = new Passage(near, far, (frame) => this.#decide(frame));
    await passage.run();
    this.#close(near);
    if (!passage.isOrphaned) this.#close(far);
  }

  async #decide(frame: Frame): Promise<Fate> {
    if (frame.kind !== FrameKind.request) return "pass";
    const { request } = decodeRequest(frame.body);
    if (request.op === "local") return "pass";
    this.asked.push({
      step: request.op,
      bodyBytes: frame.body.length,
      scripts: request.op === "put" ? request.scripts.length : 0,
    });
    const nth = this.asked.filter(({ step }) => step === request.op).length;
    const fate = await this.#fateOf(request.op, nth) ?? "pass";
    if (fate === "gone") this.#isGone = true;
    return fate;
  }

  #close(conn: Deno.Conn): void {
    if (this.#open.delete(conn)) conn.close();
  }
}

/** A connection to each side. */
class Passage {
  readonly #near: Deno.Conn;
  readonly #far: Deno.Conn;
  readonly #decide: (frame: Frame) => Promise<Fate>;
  /** Whether the node's side stays open. */
  isOrphaned = false;
  /** The call numbers of suppressed replies. */
  readonly #kept = new Map<number, Fate>();
  /** The call that asked for the local user's challenge, and its reply. */
  #localCall: number | undefined;
  #local: { readonly file: string; readonly challenge: string } | undefined;

  constructor(near: Deno.Conn, far: Deno.Conn, decide: (frame: Frame) => Promise<Fate>) {
    this.#near = near;
    this.#far = far;
    this.#decide = decide;
  }

  /** Resolves when one side, or a fate, has ended it. Never rejects. */
  async run(): Promise<void> {
    await Promise.race([this.#up(), this.#down()].map((way) => way.catch(() => {})));
  }

  async #up(): Promise<void> {
    await writeAll(this.#far, preface);
    for await (const frame of framesFrom(this.#near)) {
      const fate = await this.#decide(frame);
      this.isOrphaned = fate === "orphan";
      if (fate === "cut" || fate === "gone" || this.isOrphaned) return;
      if (fate === "refuse") await writeAll(this.#near, refusalOf(frame.call));
      if (fate === "garbage") await writeAll(this.#near, new Uint8Array(100).fill(0xa5));
      if (fate === "cut after" || fate === "hang after") this.#kept.set(frame.call, fate);
      if (["pass", "cut after", "hang after"].includes(fate)) {
        await writeAll(this.#far, bytesOf(await this.#proved(frame)));
      }
    }
  }

  /**
   * A proof names the address that its caller connected to, which is the proxy's: the node gets one of ours instead.
   */
  async #proved(frame: Frame): Promise<Frame> {
    if (frame.kind !== FrameKind.request) return frame;
    const { request } = decodeRequest(frame.body);
    if (request.op !== "local") return frame;
    if (request.proof === undefined) {
      this.#localCall = frame.call;
      return frame;
    }
    const { file, challenge } = this.#local!;
    const { hostname, port } = this.#far.remoteAddr as Deno.NetAddr;
    const to = `${hostname}:${port}`;
    const proof = await localProof({ secret: await Deno.readTextFile(file), challenge, to });
    return { ...frame, body: encodeControl({ op: "local", to, proof }) };
  }

  async #down(): Promise<void> {
    await writeAll(this.#near, preface);
    for await (const frame of framesFrom(this.#far)) {
      if (frame.call === this.#localCall) {
        this.#localCall = undefined;
        this.#local = JSON.parse(new TextDecoder().decode(frame.body.subarray(4)));
      }
      const fate = this.#kept.get(frame.call);
      if (fate === "cut after") return;
      if (fate === undefined) await writeAll(this.#near, bytesOf(frame));
    }
  }
}

/** A connection to a node; undefined if it is down. */
async function connect(port: number): Promise<Deno.Conn | undefined> {
  try {
    return await Deno.connect({ hostname: "127.0.0.1", port });
  } catch {
    return undefined;
  }
}

async function* framesFrom(conn: Deno.Conn): AsyncGenerator<Frame> {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder((kind, route, call, body) => {
    frames.push({ kind, route, call, body: body.slice() });
  }, () => limits.messageBytesMax);
  const buffer = new Uint8Array(64 * 1024);
  let prefaceLeft = preface.length;
  for (let count; (count = await conn.read(buffer)) !== null;) {
    const skipped = Math.min(prefaceLeft, count);
    prefaceLeft -= skipped;
    decoder.push(buffer.subarray(skipped, count));
    yield* frames.splice(0);
  }
}

function bytesOf({ kind, route, call, body }: Frame): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + body.length);
  writeFrameHeader(bytes, 0, { bodyBytes: body.length, kind, route, call });
  bytes.set(body, frameHeaderBytes);
  return bytes;
}

function refusalOf(call: number): Uint8Array {
  const body = encodeJson({
    "exception-type": "Deploy Rejected",
    "exception-message": proxyRefusal,
  });
  return bytesOf({ kind: FrameKind.exception, route: 0, call, body });
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}
