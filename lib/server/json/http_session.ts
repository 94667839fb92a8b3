/** One connection that speaks HTTP/1.1: requests one after the other, each a call or a question. */
import { ReadBuffer } from "../../channel/mod.ts";
import { traceContext } from "../../context/mod.ts";
import { MalformedMessage, toException } from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  bodyFraming,
  continueResponse,
  exceptionResponse,
  formatHttpHead,
  formatHttpResponse,
  headEnd,
  HttpBody,
  type HttpHead,
  HttpRefusal,
  type HttpResponse,
  isKeptAlive,
  malformed,
  parseHttpHead,
} from "../../protocol/json/mod.ts";
import { encodeJsonSteps } from "../../encoding/mod.ts";
import { httpProof } from "../../identity/mod.ts";
import {
  fieldsForPage,
  type HttpRoute,
  type HttpSurface,
  preflightFields,
  routeOf,
} from "./http_routes.ts";
import type { HeldArguments } from "../../helper/mod.ts";
import { type JsonCall, JsonCalls, type JsonOutcome } from "./_json_calls.ts";
import { answerJsonRpc } from "./_jsonrpc_batch.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import { between } from "./_json_list.ts";
import { openApi } from "./_openapi.ts";
import { servicesFor } from "../calls/access.ts";
import type { NodeContext, Session } from "../node_context.ts";
import { costOfJson } from "../memory/costs.ts";
import type { Hold } from "../memory/hold.ts";
import { httpRules, responseTo } from "./_http_rules.ts";
import { answerProbe, checkMayProbe } from "../metrics/probes.ts";

/** Of a body in chunks, which may be of one byte each, less is read at once. */
const readBytesMax = { length: 64 * 1024, chunked: 8 * 1024 };
/** What a request costs besides being read. */
const requestMs = 0.1;

/** What the other side is waited for. */
type Wait = "request" | "head" | "body" | "reading";

const timeouts = {
  request: "httpIdleTimeoutMs",
  head: "httpHeadTimeoutMs",
  body: "httpBodyTimeoutMs",
  reading: "writeTimeoutMs",
} as const satisfies Record<Wait, keyof Limits>;

/** The caller: the name that it claims, the key that it has proved, and its place in a trace. */
type HttpAsker = Pick<JsonCall, "client" | "key" | "trace">;

/** A request whose body has come. */
interface Asked {
  readonly head: HttpHead;
  readonly route: HttpRoute;
  readonly body: Uint8Array;
  /** The fields of the answer that a browser looks at. */
  readonly forPage: Readonly<Record<string, string>>;
  /** What the node holds for it, and for its answer. */
  readonly memory: Hold;
}

/** What a session in HTTP needs besides its node and its transport. */
export interface HttpSessionParts {
  readonly trust: PeerTrust;
  readonly surface: HttpSurface;
  /** Puts the connection on record: monitors, which come every few seconds, leave none. */
  readonly announce: () => void;
}

/** A connection in HTTP. */
export class HttpSession implements Session {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  readonly #calls: JsonCalls;
  readonly #trust: PeerTrust;
  readonly #surface: HttpSurface;
  readonly #announce: () => void;
  /** Since when the other side is waited for; undefined while it waits for the node. */
  #wait: { readonly what: Wait; readonly sinceMs: number } | undefined;
  /** The answer that is under way. */
  #answering: Promise<unknown> | undefined;
  #isClosed = false;

  constructor(
    node: NodeContext,
    transport: Transport,
    { trust, surface, announce }: HttpSessionParts,
  ) {
    this.#node = node;
    this.#transport = transport;
    this.#surface = surface;
    this.#announce = announce;
    this.#calls = new JsonCalls(node, transport, trust);
    this.#trust = trust;
  }

  /** Serves the connection to its end. @param first What was read already. */
  async run(first: Uint8Array): Promise<void> {
    try {
      let rest: Uint8Array | undefined = first;
      while (rest !== undefined) {
        rest = await this.#serveRequest(rest);
        const { slice } = this.#trust;
        slice.begin();
        if (slice.settle(requestMs)) await slice.next();
      }
    } catch (error) {
      if (!this.#isClosed) throw error;
    } finally {
      this.#wait = undefined;
      this.#calls.cancelAll();
    }
    if (!this.#isClosed) await this.#node.lingering.add(this.#transport, this.#trust.slice);
  }

  get pendingBytes(): number {
    return this.#trust.budget.pendingBytes;
  }

  check(nowMs: number): void {
    if (this.#wait === undefined) return;
    const { what, sinceMs } = this.#wait;
    const atMostMs = this.#node.bounds[timeouts[what]];
    if (nowMs - sinceMs < atMostMs) return;
    if (what === "request") {
      this.close();
      return;
    }
    const message = what === "reading"
      ? `it did not read its answer for ${atMostMs} ms`
      : `the ${what} of a request was not complete within ${atMostMs} ms`;
    this.#node.log.warn("connection.timed-out", { from: this.#transport.remote, message });
    if (what === "reading") {
      this.close();
      return;
    }
    // A slow peer is told why.
    this.#waitFor("reading");
    const refusal = new HttpRefusal(408, new MalformedMessage(message));
    const close = (): void => this.close();
    this.#transport.write(formatHttpResponse(responseTo(refusal), "")).then(close, close);
  }

  get isIdle(): boolean {
    return this.#wait?.what === "request";
  }

  sayGoodbye(): boolean {
    return false;
  }

  async flushed(): Promise<void> {
    await this.#answering;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#calls.cancelAll();
    this.#transport.close();
  }

  /** Serves one request. @returns What was read of the next; undefined if there shall be none. */
  async #serveRequest(first: Uint8Array): Promise<Uint8Array | undefined> {
    let method = "";
    let forPage: Readonly<Record<string, string>> = {};
    try {
      const begun = await this.#readHead(first);
      if (begun === undefined) return undefined;
      const { head } = begun;
      this.#checkRate();
      method = head.method;
      const { localHost } = this.#transport;
      const rules = httpRules(this.#node, localHost, this.#surface);
      forPage = fieldsForPage(head, rules);
      const route = routeOf(head, rules);
      const prober = { ...this.#trust.origin, localHost };
      if (route.kind === "probe") checkMayProbe(this.#node, head, prober);
      else this.#announce();
      const { body, rest } = await this.#readBody(head, begun.rest);
      this.#trust.hasAsked = true;
      this.#receive(0);
      const memory = this.#trust.budget.hold(body.length);
      try {
        const answering = this.#answer({ head, route, body, forPage, memory });
        this.#answering = answering.catch(() => {});
        return await answering ? rest : undefined;
      } finally {
        memory.release();
      }
    } catch (error) {
      this.#announce();
      if (!(error instanceof HttpRefusal) || this.#isClosed) throw error;
      this.#calls.refuse(error.exception, "http");
      const response = responseTo(error);
      await this.#send({ ...response, fields: { ...forPage, ...response.fields } }, method);
      return undefined;
    }
  }

  /** @throws {HttpRefusal} If it asks for more than a stranger may. */
  #checkRate(): void {
    try {
      this.#trust.work(this.#node.bounds.refusalWork);
    } catch (error) {
      throw new HttpRefusal(429, toException(error));
    }
  }

  /** The next head and what follows it; undefined where the other side has ended its direction before. */
  async #readHead(first: Uint8Array): Promise<{ head: HttpHead; rest: Uint8Array } | undefined> {
    let bytes = first;
    this.#waitFor(bytes.length === 0 ? "request" : "head");
    let end = headEnd(bytes, 0);
    const buffer = new Uint8Array(end === undefined ? limits.httpHeadBytesMax : 0);
    const { budget } = this.#trust;
    budget.add(buffer.length);
    if (end === undefined) buffer.set(bytes);
    let length = bytes.length;
    try {
      while (end === undefined) {
        const count = await this.#transport.read(buffer.subarray(length));
        if (count === null) {
          if (length === 0) return undefined;
          throw malformed("the connection ended inside the head of a request");
        }
        if (length === 0) this.#waitFor("head");
        bytes = buffer.subarray(0, length + count);
        end = headEnd(bytes, length);
        length += count;
      }
    } finally {
      budget.release(buffer.length);
    }
    return { head: parseHttpHead(bytes.subarray(0, end)), rest: bytes.subarray(end) };
  }

  async #readBody(
    head: HttpHead,
    first: Uint8Array,
  ): Promise<{ body: Uint8Array; rest: Uint8Array }> {
    const bytesMax = this.#trust.messageBytesMax;
    const framing = bodyFraming(head, bytesMax);
    if (framing === undefined) {
      this.#wait = undefined;
      return { body: first.subarray(0, 0), rest: first };
    }
    if (head.fields.has("expect") && head.version === "1.1" && first.length === 0) {
      this.#waitFor("reading");
      await this.#transport.write(continueResponse);
    }
    this.#waitFor("body");
    const body = new HttpBody(framing, bytesMax);
    const { slice, budget } = this.#trust;
    let rest = body.push(first);
    const buffer = new ReadBuffer({ memory: budget, bytesMax: readBytesMax[framing.kind] });
    try {
      while (rest === undefined) {
        this.#receive(body.bytes.length);
        const count = await this.#transport.read(buffer.bytes);
        if (count === null) throw malformed("the connection ended inside the body of a request");
        await slice.beginInTurn();
        rest = body.push(buffer.bytes.subarray(0, count));
        buffer.filled(count);
        if (slice.settle()) await slice.next();
      }
    } finally {
      buffer.release();
    }
    this.#wait = undefined;
    return { body: body.bytes, rest };
  }

  /** @throws {HttpRefusal} If there is no memory for so much of a body. */
  #receive(bytes: number): void {
    try {
      this.#trust.budget.receive(bytes);
    } catch (error) {
      throw new HttpRefusal(503, toException(error), { "retry-after": "1" });
    }
  }

  /** Answers a request. @returns Whether there may be another. */
  async #answer(asked: Asked): Promise<boolean> {
    const { head, body, forPage } = asked;
    const response = await this.#whoAsks(head, body).then(
      (asker) => this.#respond(asked, asker),
      (error) => exceptionResponse(this.#calls.refuse(error, "http")),
    );
    if (this.#isClosed) return false;
    // A monitor that is not a client does not stay: strangers are sent away.
    const isVisit = asked.route.kind === "probe" && !this.#trust.mayBeClient;
    const isLast = this.#node.isDraining || isVisit || !isKeptAlive(head);
    const fields = {
      ...forPage,
      ...response.fields,
      ...(isLast && { connection: "close" }),
      ...(!isLast && head.version === "1.0" && { connection: "keep-alive" }),
    };
    await this.#send({ ...response, fields }, head.method);
    return !isLast;
  }

  /** @throws {Unauthenticated} If the request has a proof that proves nothing. */
  async #whoAsks({ method, target, fields }: HttpHead, body: Uint8Array): Promise<HttpAsker> {
    const [client, field] = [fields.get("farcall-client"), fields.get("farcall-proof")];
    const trace = traceContext(fields.get("traceparent"), fields.get("tracestate"));
    if (field === undefined) return { client, key: undefined, trace };
    const proof = await httpProof(field, { method, target, client, body });
    return { client, key: await this.#trust.prove(proof), trace };
  }

  async #respond({ head, route, body, memory }: Asked, asker: HttpAsker): Promise<HttpResponse> {
    const about = { cost: costOfJson(body, this.#node.messages), memory };
    const took = (ms: number): void => this.#trust.slice.owe(ms);
    switch (route.kind) {
      case "call": {
        const outcome = await this.#call({ ...route, ...asker, ...about }, body);
        if (outcome.kind === "exception") return exceptionResponse(outcome);
        const fields = { "farcall-script": outcome.script };
        return { status: 200, fields, body: between({ before: "", after: "\n" }, outcome.json) };
      }
      case "json-rpc": {
        const message = await this.#node.messages.readJsonRpc(body, this.#transport.remoteHost);
        const call = { calls: this.#calls, took, ...about, ...asker };
        const answer = await answerJsonRpc(message, {
          ...call,
          via: "http json-rpc",
          prove: (proof) => this.#trust.prove(proof),
        });
        return answer === undefined ? { status: 204 } : { status: 200, body: answer };
      }
      case "probe":
        return await answerProbe(this.#node, route.probe, {
          accept: head.fields.get("accept"),
          from: this.#transport.remote,
          took,
        });
      case "preflight":
        return { status: 204, fields: preflightFields(head) };
      case "openapi": {
        const { live, nodeName } = this.#node.services;
        const services = servicesFor(live, { ...this.#trust.origin, ...asker });
        const document = await inSlices(openApi(nodeName, live.number, services), took);
        const json = await inSlices(encodeJsonSteps(document), took);
        return { status: 200, body: between({ before: "", after: "\n" }, json) };
      }
    }
  }

  async #call(
    wanted: HttpAsker & { service: string; rpc: string; cost: number; memory: Hold },
    body: Uint8Array,
  ): Promise<JsonOutcome> {
    let held: HeldArguments;
    try {
      held = await this.#node.messages.readArguments(body, this.#transport.remoteHost);
    } catch (error) {
      return this.#calls.refuse(error, "http", wanted);
    }
    return await this.#calls.run({ ...wanted, held }, "http");
  }

  async #send(response: HttpResponse, method: string): Promise<void> {
    const { body } = response;
    const { writeBytesMax } = this.#node.bounds;
    // Large bodies are not copied behind their heads.
    const parts = body === undefined || body.length <= writeBytesMax
      ? [formatHttpResponse(response, method)]
      : [formatHttpHead(response), ...method === "HEAD" ? [] : [body]];
    const { budget } = this.#trust;
    for (const bytes of parts) {
      budget.add(bytes.length);
      for (let start = 0; start < bytes.length; start += writeBytesMax) {
        this.#waitFor("reading");
        await this.#transport.write(bytes.subarray(start, start + writeBytesMax));
      }
      budget.release(bytes.length);
    }
    this.#wait = undefined;
  }

  #waitFor(what: Wait): void {
    this.#wait = { what, sinceMs: performance.now() };
  }
}
