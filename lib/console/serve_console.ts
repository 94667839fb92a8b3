/** Serves the console on loopback: the page and its API. */
import type { Configuration } from "../config/mod.ts";
import type { PublicKey, SigningKey } from "../identity/mod.ts";
import { messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { drawToken, pathBehind, refusalOf, securityFields } from "./admission.ts";
import { makeCall, readCallOrder } from "./call.ts";
import { driftOf, historyOf, planChanges, rollBack } from "./changes.ts";
import { errorToJson } from "./error_json.ts";
import { type FleetEvent, FleetWatch } from "./fleet_watch.ts";
import { readConsoleLogs } from "./logs.ts";
import { readPageFile } from "./page_files.ts";

/** Options of the console's server. */
export interface ConsoleOptions {
  readonly configuration: Configuration;
  /** The port on loopback; 0 for any free one. */
  readonly port: number;
  /** The deployer's name, for the nodes' logs. */
  readonly deployer: string;
  /** The private key, and its file. */
  readonly key?: SigningKey;
  readonly keyFile?: string;
  /** Keys whose generations `key` may re-sign in a rollback. */
  readonly trusted?: ReadonlySet<PublicKey>;
}

/** A served console. */
export class ConsoleServer implements AsyncDisposable {
  readonly #options: ConsoleOptions;
  readonly #token = drawToken();
  /** A one-time token for the browser, because other programs can read its command line. */
  #ticket: string | undefined = drawToken();
  readonly #watch: FleetWatch;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #closing = new AbortController();

  /** Use {@linkcode serveConsole}. */
  constructor(options: ConsoleOptions) {
    this.#options = options;
    this.#watch = new FleetWatch(options.configuration, options.key);
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: options.port,
      onListen: () => {},
      onError: (error) => this.#answer(500, `${messageOf(error)}\n`),
    }, (request) => this.#respond(request));
  }

  /** The page's address; secret, because it contains the token. */
  get address(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/${this.#token}/`;
  }

  /** Redirects to the page, once. */
  get ticketAddress(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/${this.#ticket}/`;
  }

  /** Resolves on close. */
  get finished(): Promise<void> {
    return this.#server.finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watch[Symbol.asyncDispose]();
    await this.#server.shutdown();
  }

  async #respond(request: Request): Promise<Response> {
    const { port } = this.#server.addr;
    const refusal = refusalOf(request.headers, [`127.0.0.1:${port}`, `localhost:${port}`]);
    if (refusal !== undefined) return this.#answer(403, `${refusal}\n`);
    const { pathname, searchParams } = new URL(request.url);
    if (this.#ticket !== undefined && pathBehind(this.#ticket, pathname) === "") {
      this.#ticket = undefined;
      return this.#answer(303, "", { location: `/${this.#token}/` });
    }
    const path = pathBehind(this.#token, pathname);
    if (path === undefined) {
      return this.#answer(
        403,
        "the address lacks its token: copy all of what the console printed\n",
      );
    }
    if (!path.startsWith("api/")) return await this.#sendPage(request, path);
    try {
      return await this.#answerApi(request, { name: path.slice("api/".length), searchParams });
    } catch (error) {
      const json = errorToJson(error);
      return this.#json({ error: json }, json.code === "Bad Request" ? 400 : 200);
    }
  }

  async #sendPage(request: Request, path: string): Promise<Response> {
    if (request.method !== "GET") return this.#answer(405, "", { allow: "GET" });
    const file = await readPageFile(path);
    if (file === undefined) return this.#answer(404, "there is no such page\n");
    return this.#answer(200, file.text, { "content-type": file.type });
  }

  async #answerApi(
    request: Request,
    { name, searchParams }: { readonly name: string; readonly searchParams: URLSearchParams },
  ): Promise<Response> {
    const { configuration } = this.#watch;
    const { key, keyFile, trusted, deployer } = this.#options;
    const signal = AbortSignal.any([request.signal, this.#closing.signal]);
    const deployerOptions = { deployer, key, trusted };
    switch (`${request.method} ${name}`) {
      case "GET events":
        return this.#sendEvents(signal);
      case "GET logs":
        return this.#lines(readConsoleLogs(configuration, searchParams, { keyFile, signal }));
      case "GET plan":
        return this.#json(await planChanges(configuration.file, deployerOptions));
      case "GET drift":
        return this.#json({ nodes: await driftOf(configuration.file, key) });
      case "GET history":
        return this.#json(await historyOf(await this.#watch.resolved(), key));
      case "POST call": {
        const order = readCallOrder(await bodyOf(request));
        return this.#lines(makeCall(configuration, order, { keyFile, signal }));
      }
      case "POST rollback":
        return this.#json(
          await rollBack(await this.#watch.resolved(), await bodyOf(request), deployerOptions),
        );
    }
    return this.#answer(404, "there is no such endpoint\n");
  }

  /** Streams events as lines of JSON while the page is open. */
  #sendEvents(signal: AbortSignal): Response {
    if (!this.#watch.hasRoom) return this.#answer(503, "too many pages are open; close one\n");
    let end = (): void => {};
    // A page that does not read keeps only the newest event.
    let waiting: FleetEvent[] = [];
    let wake = (): void => {};
    const events = async function* (watch: FleetWatch): AsyncGenerator<FleetEvent, void> {
      end = watch.listen((event) => {
        waiting = [...waiting.filter(({ kind }) => kind !== event.kind), event];
        wake();
      });
      try {
        while (!signal.aborted) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
              if (signal.aborted) resolve();
            });
          }
        }
      } finally {
        end();
      }
    };
    signal.addEventListener("abort", () => {
      wake();
      end();
    }, { once: true });
    return this.#lines(events(this.#watch));
  }

  /** Streams values as lines of JSON. An error is the last line. */
  #lines(values: AsyncGenerator<unknown, void>): Response {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await values.next();
          if (done) controller.close();
          else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
        } catch (error) {
          const last = JSON.stringify({ kind: "error", error: errorToJson(error), trace: [] });
          controller.enqueue(encoder.encode(`${last}\n`));
          controller.close();
        }
      },
      async cancel() {
        await values.return();
      },
    }, { highWaterMark: 0 });
    return this.#answer(200, body, { "content-type": "application/x-ndjson; charset=utf-8" });
  }

  #json(value: unknown, status = 200): Response {
    const fields = { "content-type": "application/json; charset=utf-8" };
    return this.#answer(status, JSON.stringify(value), fields);
  }

  #answer(status: number, body: BodyInit, fields: Record<string, string> = {}): Response {
    const type = { "content-type": "text/plain; charset=utf-8" };
    return new Response(body === "" ? null : body, {
      status,
      headers: { ...securityFields, ...(body === "" ? {} : type), ...fields },
    });
  }
}

/**
 * Serves the console of a fleet to this machine only.
 *
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export function serveConsole(options: ConsoleOptions): ConsoleServer {
  return new ConsoleServer(options);
}

/** The JSON object in a request's body. @throws {TypeError} If it is missing or too long. */
async function bodyOf(request: Request): Promise<Record<string, unknown>> {
  if (request.headers.get("content-type") !== "application/json") {
    throw new TypeError("the request must be JSON");
  }
  let text = "";
  let byteCount = 0;
  const decoder = new TextDecoder();
  for await (const chunk of request.body ?? []) {
    byteCount += chunk.length;
    if (byteCount > limits.consoleRequestBytesMax) throw new TypeError("the request is too long");
    text += decoder.decode(chunk, { stream: true });
  }
  let body: unknown;
  try {
    body = JSON.parse(text + decoder.decode());
  } catch {
    throw new TypeError("the request must be JSON");
  }
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>;
  }
  throw new TypeError("the request must be a JSON object");
}
