/** Request and Response for scripts, backed by the runtime, whose objects stay private. */
import { AbortController, type AbortSignal } from "../abort.ts";
import { Blob, blobOfRuntime, FormData, formOfRuntime, shownBlob, shownForm } from "./blob.ts";
import { answered, answeredSync } from "./errors.ts";
import { headerPairs, type Headers, shownHeaders } from "./headers.ts";
import { ReadableStream, shownReadable, streamOfRuntime, withRuntimeStreams } from "./streams.ts";
import { URLSearchParams } from "../url.ts";

const RuntimeRequest = globalThis.Request;
const RuntimeResponse = globalThis.Response;
const RuntimeParams = globalThis.URLSearchParams;

type Message = globalThis.Request | globalThis.Response;

/** The runtime's object for a new facade; no script has one. */
class Existing<Value> {
  readonly value: Value;
  readonly isRedirected: boolean;

  constructor(value: Value, isRedirected = false) {
    this.value = value;
    this.isRedirected = isRedirected;
  }
}

/** A body, converted for the runtime. */
function bodyOf(body: unknown): BodyInit | null {
  if (body === undefined || body === null) return null;
  if (body instanceof ReadableStream) return streamOfRuntime(body) as globalThis.ReadableStream;
  if (body instanceof Blob) return blobOfRuntime(body);
  if (body instanceof FormData) return formOfRuntime(body);
  if (body instanceof URLSearchParams) return new RuntimeParams(body.toString());
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body as BodyInit;
  return String(body);
}

/** The common part of requests and responses. */
class Body {
  readonly #message: Message;
  #headers: Headers | undefined;
  #body: ReadableStream | null | undefined;

  constructor(making: unknown) {
    if (!(making instanceof Existing)) throw new TypeError("Illegal constructor");
    this.#message = making.value;
  }

  get headers(): Headers {
    this.#headers ??= shownHeaders(this.#message.headers);
    return this.#headers;
  }

  get body(): ReadableStream | null {
    if (this.#body === undefined) {
      const body = withRuntimeStreams(() => this.#message.body);
      this.#body = body && shownReadable(body);
    }
    return this.#body;
  }

  get bodyUsed(): boolean {
    return this.#message.bodyUsed;
  }

  text(): Promise<string> {
    return answered(() => this.#message.text());
  }

  json(): Promise<unknown> {
    return answered(() => this.#message.json());
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return answered(() => this.#message.arrayBuffer());
  }

  bytes(): Promise<Uint8Array> {
    return answered(async () => new Uint8Array(await this.#message.arrayBuffer()));
  }

  blob(): Promise<Blob> {
    return answered(async () => shownBlob(await this.#message.blob()));
  }

  formData(): Promise<FormData> {
    return answered(async () => shownForm(await this.#message.formData()));
  }
}

/** A server's response. */
export class Response extends Body {
  readonly #response: globalThis.Response;
  readonly #isRedirected: boolean;

  constructor(body?: unknown, init: unknown = {}) {
    const made = body instanceof Existing ? body : new Existing(answeredSync(() => {
      const { status, statusText, headers } = Object(init) as Record<string, unknown>;
      return new RuntimeResponse(bodyOf(body), {
        headers: headerPairs(headers),
        ...status === undefined ? {} : { status: Number(status) },
        ...statusText === undefined ? {} : { statusText: String(statusText) },
      });
    }));
    super(made);
    this.#response = made.value;
    this.#isRedirected = made.isRedirected;
  }

  static error(): Response {
    return new Response(new Existing(RuntimeResponse.error()));
  }

  static redirect(url: unknown, status: unknown = 302): Response {
    return answeredSync(() =>
      new Response(new Existing(RuntimeResponse.redirect(String(url), Number(status))))
    );
  }

  static json(value: unknown, init: unknown = {}): Response {
    const response = new Response(JSON.stringify(value), init);
    if (!headerPairs((Object(init) as { headers?: unknown }).headers).some(isContentType)) {
      response.headers.set("content-type", "application/json");
    }
    return response;
  }

  get type(): string {
    return this.#response.type;
  }

  get url(): string {
    return this.#response.url;
  }

  get redirected(): boolean {
    return this.#isRedirected;
  }

  get status(): number {
    return this.#response.status;
  }

  get ok(): boolean {
    return this.#response.ok;
  }

  get statusText(): string {
    return this.#response.statusText;
  }

  clone(): Response {
    return answeredSync(() =>
      new Response(
        new Existing(withRuntimeStreams(() => this.#response.clone()), this.#isRedirected),
      )
    );
  }

  get [Symbol.toStringTag](): string {
    return "Response";
  }
}

function isContentType([name]: [string, string]): boolean {
  return name.toLowerCase() === "content-type";
}

/** A runtime response, wrapped for scripts. */
export function shownResponse(response: globalThis.Response, isRedirected: boolean): Response {
  return new Response(new Existing(response, isRedirected));
}

let requestOf: (request: Request) => globalThis.Request;

/** A request to a server. */
export class Request extends Body {
  readonly #request!: globalThis.Request;
  readonly #signal!: AbortSignal;

  constructor(input: unknown, init: unknown = {}) {
    // Deno 2.4's fetch creates its request by this global name, from a runtime request, which no script has.
    if (input instanceof RuntimeRequest) return new RuntimeRequest(input, init as never) as never;
    const { method, headers, body, redirect, signal } = Object(init) as Record<string, unknown>;
    const given = input instanceof Request ? input : undefined;
    const made = input instanceof Existing ? input : new Existing(answeredSync(() => {
      return new RuntimeRequest(given === undefined ? String(input) : given.#request, {
        ...method === undefined ? {} : { method: String(method) },
        ...headers === undefined ? {} : { headers: headerPairs(headers) },
        ...body === undefined ? {} : { body: bodyOf(body) },
        ...redirect === undefined ? {} : { redirect: String(redirect) as RequestRedirect },
      });
    }));
    super(made);
    this.#request = made.value;
    this.#signal = (signal ?? given?.signal ?? new AbortController().signal) as AbortSignal;
  }

  static {
    requestOf = (request) => request.#request;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get redirect(): string {
    return this.#request.redirect;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  clone(): Request {
    return answeredSync(() =>
      new Request(new Existing(withRuntimeStreams(() => this.#request.clone())), {
        signal: this.#signal,
      })
    );
  }

  get [Symbol.toStringTag](): string {
    return "Request";
  }
}

/** The runtime's object behind a script's request. */
export function requestOfRuntime(request: Request): globalThis.Request {
  return requestOf(request);
}
