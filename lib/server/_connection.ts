/** A connection, whose first byte tells the framing. */
import {
  FarcallError,
  MalformedMessage,
  messageOf,
  Overloaded,
  type RpcException,
} from "../errors/mod.ts";
import { tickNowMs } from "../channel/mod.ts";
import { firstBufferBytes, giveBufferOf, takeBuffer } from "../encoding/mod.ts";
import type { SocketOwner } from "../executor/mod.ts";
import type { Transport } from "../transport/mod.ts";
import {
  beginsHttp,
  exceptionResponse,
  formatHttpResponse,
  formatJsonRpcError,
  formatTextException,
  isJsonRpc,
} from "../protocol/json/mod.ts";
import {
  encodeException,
  frameHeaderBytes,
  FrameKind,
  preface,
  writeFrameHeader,
} from "../protocol/mod.ts";
import type { Guest } from "./_visit.ts";
import { isThisMachine } from "./calls/access.ts";
import { PeerTrust } from "./peer/peer_trust.ts";
import type { Admission, NodeContext, Session } from "./node_context.ts";
import { FrameSession } from "./frames/frame_session.ts";
import { HttpSession } from "./json/http_session.ts";
import { JsonRpcSession } from "./json/jsonrpc_session.ts";
import { type BegunJsonRpc, TextSession } from "./json/text_session.ts";
import type { HttpSurface } from "./json/http_routes.ts";
import type { CountedConnection, Framing } from "./metrics/traffic.ts";

/** A connection of a node. */
export class Connection implements Omit<Session, "dismiss">, Guest, CountedConnection {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  readonly #trust: PeerTrust;
  readonly #openedMs = tickNowMs();
  readonly #surface: HttpSurface;
  #session: Session | undefined;
  #framing: Framing | undefined;
  #isAnnounced = false;
  #isClosed = false;

  /** @param surface The HTTP routes of its port. */
  constructor(node: NodeContext, transport: Transport, surface: HttpSurface) {
    this.#node = node;
    this.#transport = transport;
    this.#surface = surface;
    this.#trust = new PeerTrust(node, transport);
  }

  get host(): string {
    return this.#transport.remoteHost;
  }

  get framing(): Framing | undefined {
    return this.#framing;
  }

  get receivedBytes(): number {
    return this.#transport.receivedBytes ?? 0;
  }

  get sentBytes(): number {
    return this.#transport.sentBytes ?? 0;
  }

  get isKnown(): boolean {
    return this.#trust.isKnown;
  }

  get pendingBytes(): number {
    return this.#session?.pendingBytes ?? 0;
  }

  /**
   * Serves the connection until it ends. Never rejects: a connection cannot harm the node.
   *
   * @param stay If it is refused, it may still turn out to be a deployer's.
   */
  async run(stay: Admission): Promise<void> {
    const { log } = this.#node;
    const from = this.#transport.remote;
    try {
      if (this.#transport.handshake !== undefined) {
        if (!await this.#secure()) return;
        stay.advance();
      }
      const first = takeBuffer(firstBufferBytes);
      const count = await this.#transport.read(first);
      if (count === null || this.#isClosed) {
        await this.#trust.slice.beginInTurn();
        this.#announce();
        log.debug("connection.silent", { from });
        return;
      }
      const looking = this.#transport.carrier === undefined &&
        this.#node.socketOwners?.ownerOf(this.#transport);
      if (looking) this.#doubtIf(await looking);
      if (this.#isClosed) return;
      const bytes = first.subarray(0, count);
      if (stay.refusal !== undefined && !this.#mayComeToDeploy(bytes)) {
        await this.#refuse(bytes, new Overloaded(stay.refusal));
      } else {
        const jsonRpc = await this.#serve(bytes, stay);
        if (jsonRpc !== undefined) await this.#serveJsonRpc(jsonRpc);
        // Once it was closed, a read may still be under way.
        else if (this.#framing === "text" && !this.#isClosed) giveBufferOf(first);
      }
      log.debug("connection.closed", { from });
    } catch (error) {
      if (this.#isClosed) return;
      this.#announce();
      // A caller that is done may close without TLS's close_notify.
      const level = error instanceof Deno.errors.UnexpectedEof ? "debug" : "warn";
      log[level]("connection.broke", {
        from,
        message: messageOf(error),
        stack: isDefect(error) ? (error as Error).stack : undefined,
      });
    } finally {
      if (this.#session === undefined) this.#announce();
      this.#transport.close();
      this.#trust.slice.end();
      this.#trust.budget.close();
    }
  }

  /** Whether the connection can be read. Failures are not logged in detail, because strangers can cause any number. */
  async #secure(): Promise<boolean> {
    const { log } = this.#node;
    const from = this.#transport.remote;
    try {
      if (await this.#transport.handshake!()) return true;
      this.#announce();
      log.debug("connection.looked-at", { from });
      return false;
    } catch (error) {
      if (this.#isClosed) return false;
      this.#announce();
      log.info("connection.handshake-failed", { from, message: messageOf(error) });
      return false;
    }
  }

  /**
   * The node's own scripts have no identity by address, although they connect from this machine. Scripts cannot send
   * packets of raw IP or UDP.
   */
  #doubtIf(owner: SocketOwner): void {
    if (owner === "other") return;
    const doubt = owner === "executor" ? isOwnScript : mayBeOwnScript;
    this.#announce();
    this.#trust.doubt(doubt);
    this.#node.log.info("connection.doubted", { from: this.#transport.remote, message: doubt });
  }

  check(nowMs: number): void {
    const openMs = nowMs - this.#openedMs;
    const { firstByteTimeoutMs, strangerTimeoutMs } = this.#node.bounds;
    if (this.#session === undefined) {
      // It has sent nothing yet.
      this.#announce();
      if (openMs > firstByteTimeoutMs) {
        this.#timeOut(`it said nothing for ${firstByteTimeoutMs} ms`);
      }
      return;
    }
    this.#session.check(nowMs);
    if (openMs > strangerTimeoutMs && !this.#isClosed && !this.#trust.mayBeClient) {
      this.#timeOut(
        `${this.#trust.whoIsNoClient}, and was here for ${Math.round(openMs)} ms`,
      );
    }
  }

  /** Logs it, once. Monitors' connections, which would fill the log, are logged only on problems. */
  #announce(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    const from = this.#transport.remote;
    this.#node.log.info("connection.accepted", { from });
    if (this.#framing === "http") this.#node.log.info("connection.http", { from });
  }

  #timeOut(message: string): void {
    this.#announce();
    this.#node.log.warn("connection.timed-out", { from: this.#transport.remote, message });
    this.close();
  }

  get isIdle(): boolean {
    return this.#session?.isIdle ?? false;
  }

  get usedMs(): number {
    return this.#trust.usedMs;
  }

  sayGoodbye(reason: string): boolean {
    return this.#session?.sayGoodbye(reason) ?? false;
  }

  get isIntroduced(): boolean {
    return this.#session?.isIntroduced ?? false;
  }

  dismiss(reason: string): void {
    const told = this.#session?.dismiss(reason);
    if (told === undefined) return this.close();
    this.#isClosed = true;
    const close = (): void => this.close();
    told.then(close, close);
  }

  flushed(): Promise<void> {
    return this.#session?.flushed() ?? Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.close();
    this.#transport.close();
    this.#trust.slice.end();
  }

  /** Whether it may turn out to be a deployer's, which is known only after its hello. */
  #mayComeToDeploy(first: Uint8Array): boolean {
    const { deployment, deployKeys } = this.#node;
    return first[0] === preface[0] && deployment !== undefined &&
      (deployKeys.size > 0 || isThisMachine(this.#trust.origin));
  }

  /** Refuses the connection, in its framing if known. */
  async #refuse(first: Uint8Array, exception: RpcException): Promise<void> {
    this.#announce();
    this.#node.log.warn("connection.refused", {
      from: this.#transport.remote,
      exception: exception.code,
      message: exception.message,
    });
    await this.#transport.write(refusalOf(first, exception));
    await this.#node.lingering.add(this.#transport, this.#trust.slice);
  }

  /** Chooses the session by the first byte. Anything unknown goes to the text session, which refuses it. */
  #serve(
    first: Uint8Array<ArrayBuffer>,
    stay: Admission,
  ): Promise<BegunJsonRpc | void> {
    const [node, transport, trust] = [this.#node, this.#transport, this.#trust];
    if (isTlsHello(first)) return this.#refuse(first, new MalformedMessage(speaksNoTls));
    if (beginsHttp(first[0]!)) {
      this.#framing = "http";
      const parts = { trust, surface: this.#surface, announce: () => this.#announce() };
      return (this.#session = new HttpSession(node, transport, parts)).run(first);
    }
    if (this.#surface === "probes") return this.#refuse(first, new MalformedMessage(isForMonitors));
    this.#announce();
    if (first[0] === preface[0]) {
      this.#framing = "frames";
      const session = this.#session = new FrameSession(node, transport, { trust, stay });
      return session.run(first);
    }
    // It may turn out to be JSON-RPC.
    this.#framing = "text";
    return (this.#session = new TextSession(node, transport, trust)).run(first);
  }

  async #serveJsonRpc(begun: BegunJsonRpc): Promise<void> {
    if (this.#isClosed) return;
    this.#framing = "json-rpc";
    const session = this.#session = new JsonRpcSession(this.#node, this.#transport, this.#trust);
    await session.run(begun);
  }
}

const isOwnScript = "this connection comes from a script of this node itself";
const mayBeOwnScript =
  "this connection was closed, or the system does not tell whose it is, and scripts of this " +
  "node may connect";

const speaksNoTls =
  "this port speaks no TLS; serve with --tls-cert and --tls-key, or call it without";

const isForMonitors =
  "this port is for monitors over HTTP: GET /healthz, /readyz and /metrics; calls are made at the " +
  "node's other port";

/** Whether a connection begins with a TLS handshake record. */
function isTlsHello(first: Uint8Array): boolean {
  return first[0] === 0x16;
}

/** The refusal of a connection beyond the limit, by its first byte. */
function refusalOf(first: Uint8Array, exception: RpcException): Uint8Array {
  const { code: type, message } = exception;
  if (first[0] === preface[0]) {
    const body = encodeException(exception);
    const frame = new Uint8Array(preface.length + frameHeaderBytes + body.length);
    frame.set(preface);
    const header = { bodyBytes: body.length, kind: FrameKind.exception, route: 0, call: 0 };
    writeFrameHeader(frame, preface.length, header);
    frame.set(body, preface.length + frameHeaderBytes);
    return frame;
  }
  if (beginsHttp(first[0]!)) {
    const fields = { connection: "close" };
    return formatHttpResponse(exceptionResponse({ type, message }, undefined, fields), "");
  }
  const text = isJsonRpc(first)
    ? formatJsonRpcError(null, { type, message }) + "\n"
    : formatTextException(type, message);
  return new TextEncoder().encode(text);
}

/** Whether an error is a defect of farcall, and not a peer's disconnect. */
function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    error instanceof ReferenceError || error instanceof FarcallError;
}
