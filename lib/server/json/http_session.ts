/** A connection that speaks HTTP/1.1: requests one at a time, each for a call or for information. */
import { traceContext } from "../../context/mod.ts";
import { MalformedMessage, Overloaded, toException } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  bodyFraming,
  continueResponse,
  exceptionResponse,
  formatHttpHead,
  formatHttpResponse,
  HttpBody,
  type HttpHead,
  HttpRefusal,
  type HttpResponse,
  isKeptAlive,
  malformed,
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
import { type BegunRequest, HeadReader } from "./_http_heads.ts";
import { httpRules, refusalOf, responseTo } from "./_http_rules.ts";
import { PacedReader } from "./_paced_reader.ts";
import { answerProbe, checkMayProbe } from "../metrics/probes.ts";

/** Read less at once from a chunked body, whose chunks may have one byte each. */
const readBytesMax = { length: 64 * 1024, chunked: 8 * 1024 };
/** The cost of a request besides reading it. */
const requestMs = 0.1;

/** What the session is waiting for the peer to do. */
type Wait = "request" | "head" | "body" | "reading";

const timeouts = {
  request: "httpIdleTimeoutMs",
  head: "httpHeadTimeoutMs",
  body: "httpBodyTimeoutMs",
  reading: "writeTimeoutMs",
} as const satisfies Record<Wait, keyof Limits>;

/** The caller: the client name that it claims, the key that it has proved, and its trace context. */
type HttpAsker = Pick<JsonCall, "client" | "key" | "trace">;

/** A request with its complete body. */
interface Asked {
  readonly head: HttpHead;
  readonly route: HttpRoute;
  readonly body: Uint8Array;
  /** The header fields of the response that browsers require. */
  readonly forPage: Readonly<Record<string, string>>;
  /** Memory held for the request and its response. */
  readonly memory: Hold;
}

/** Dependencies of an HTTP session besides its node and its transport. */
export interface HttpSessionParts {
  readonly trust: PeerTrust;
  readonly surface: HttpSurface;
  /** Logs the connection; monitors, which come every few seconds, are not logged. */
  readonly announce: () => void;
}

/** A connection that speaks HTTP. */
export class HttpSession implements Session {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  readonly #calls: JsonCalls;
  readonly #trust: PeerTrust;
  readonly #surface: HttpSurface;
  readonly #announce: () => void;
  readonly #heads: HeadReader;
  /** Since when the session waits for the peer; undefined while the peer waits for the node. */
  #wait: { readonly what: Wait; readonly sinceMs: number } | undefined;
  /** The response in progress. */
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
    this.#heads = new HeadReader(trust, () => this.#waitFor("head"));
  }

  /** Serves the connection to its end. @param first Bytes already read. */
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
    // Tell a slow peer why.
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

  dismiss(reason: string): Promise<void> | undefined {
    const what = this.#wait?.what;
    if (this.#isClosed || (what !== "head" && what !== "body")) return undefined;
    this.#isClosed = true;
    const refusal = new HttpRefusal(503, new Overloaded(reason));
    return this.#transport.write(formatHttpResponse(responseTo(refusal), ""));
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

  /** Serves one request. @returns The bytes read of the next one; undefined to end the connection. */
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
      if (this.#isClosed) return undefined;
      this.#trust.hasAsked = true;
      const { budget } = this.#trust;
      budget.receive(0);
      const memory = budget.hold(body.length);
      try {
        const answering = this.#answer({ head, route, body, forPage, memory });
        this.#answering = answering.catch(() => {});
        return await answering ? rest : undefined;
      } finally {
        memory.release();
      }
    } catch (error) {
      this.#announce();
      const refusal = refusalOf(error);
      if (refusal === undefined || this.#isClosed) throw error;
      await this.#trust.slice.beginInTurn();
      this.#calls.refuse(refusal.exception, "http");
      const response = responseTo(refusal);
      await this.#send({ ...response, fields: { ...forPage, ...response.fields } }, method);
      return undefined;
    }
  }

  /** @throws {HttpRefusal} If a stranger may not send it. */
  #checkRate(): void {
    try {
      this.#trust.work(this.#node.bounds.refusalWork);
    } catch (error) {
      throw new HttpRefusal(429, toException(error));
    }
  }

  /** Reads the next head, and the bytes after it; undefined if the peer has closed its direction. */
  #readHead(first: Uint8Array): Promise<BegunRequest | undefined> {
    this.#waitFor(first.length === 0 ? "request" : "head");
    return this.#heads.read(first, this.#transport);
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
    const options = { first, bytesMax: readBytesMax[framing.kind] };
    const reader = new PacedReader(this.#transport, this.#trust, options);
    let rest = body.push(first);
    try {
      while (rest === undefined) {
        this.#trust.budget.receive(body.bytes.length);
        const bytes = await reader.read();
        if (bytes === null) throw malformed("the connection ended inside the body of a request");
        rest = body.push(bytes);
        if (rest === undefined) reader.taken();
        await reader.pace(rest === undefined ? "patient" : "line");
      }
    } finally {
      reader.release();
    }
    this.#wait = undefined;
    return { body: body.bytes, rest };
  }

  /** Answers a request. @returns Whether another may follow. */
  async #answer(asked: Asked): Promise<boolean> {
    const { head, body, forPage } = asked;
    const response = await this.#whoAsks(head, body).then(
      (asker) => this.#respond(asked, asker),
      (error) => exceptionResponse(this.#calls.refuse(error, "http")),
    );
    if (this.#isClosed) return false;
    // A monitor that is not a client gets no persistent connection, because strangers are evicted.
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

  /** @throws {Unauthenticated} If the request's proof is invalid. */
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
    // Large bodies are written separately instead of copied behind their heads.
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
