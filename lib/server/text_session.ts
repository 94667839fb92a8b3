/** One connection that speaks the original protocol: one JSON request, one JSON response, closed. */
import { FarcallError, MalformedMessage, toException } from "../errors/mod.ts";
import type { CallHandle } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import {
  chooseOverload,
  formatTextException,
  formatTextResult,
  JsonObjectScanner,
  parseTextRequest,
  stringsIn,
  type TextRequest,
} from "../wire/mod.ts";
import { admit } from "./access.ts";
import type { NodeContext, Session } from "./context.ts";
import type { LiveOverload } from "./generation.ts";

/** How long, and how much, is read of what a caller still sends after it was answered. */
const lingerMs = 1000;
const lingerBytesMax = 64 * 1024 * 1024;

/** A connection in the text framing. */
export class TextSession implements Session {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  readonly #startedMs = performance.now();
  #isComplete = false;
  #isClosed = false;
  #call: CallHandle | undefined;
  #done: (() => void) | undefined;
  readonly #finished = Promise.withResolvers<void>();

  constructor(node: NodeContext, transport: Transport) {
    this.#node = node;
    this.#transport = transport;
  }

  /** Serves the one request. @param first What was read already. */
  async run(first: Uint8Array): Promise<void> {
    try {
      await this.#serve(first);
    } finally {
      this.#finished.resolve();
    }
  }

  async #serve(first: Uint8Array): Promise<void> {
    let answer: string;
    let isAllRead = true;
    let request: TextRequest | undefined;
    try {
      const scanner = new JsonObjectScanner();
      const bytes = await this.#readRequest(scanner, first);
      if (bytes === undefined) return;
      this.#isComplete = true;
      isAllRead = (scanner.rest?.length ?? 0) === 0;
      request = parseTextRequest(bytes);
      answer = await this.#answer(request);
    } catch (error) {
      isAllRead = this.#isComplete && isAllRead;
      answer = this.#refuse(error, request);
    }
    if (this.#isClosed) return;
    await this.#transport.write(new TextEncoder().encode(answer));
    if (!isAllRead) await this.#linger();
  }

  check(nowMs: number): void {
    if (this.#isComplete || nowMs - this.#startedMs < limits.textRequestTimeoutMs) return;
    this.#node.log.warn("connection.timed-out", {
      from: this.#transport.remote,
      message: `no complete request within ${limits.textRequestTimeoutMs} ms`,
    });
    this.close();
  }

  sayGoodbye(): void {}

  flushed(): Promise<void> {
    return this.#isComplete ? this.#finished.promise : Promise.resolve();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#call?.cancel();
    this.#done?.();
    this.#transport.close();
  }

  async #readRequest(
    scanner: JsonObjectScanner,
    first: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    let found = scanner.push(first);
    let buffer = new Uint8Array(4 * 1024);
    while (found === undefined) {
      const count = await this.#transport.read(buffer);
      if (this.#isClosed) return undefined;
      if (count === null) {
        throw new MalformedMessage(
          "the request ended before its braces closed; send one JSON object",
        );
      }
      found = scanner.push(buffer.subarray(0, count));
      if (count === buffer.length && count < 256 * 1024) buffer = new Uint8Array(4 * count);
    }
    return found;
  }

  async #answer(request: TextRequest): Promise<string> {
    const node = this.#node;
    const caller = {
      host: this.#transport.remoteHost,
      port: this.#transport.remotePort,
      client: request.client,
    };
    const { client, overloads } = admit(node.deployment.live, caller, request);
    const areStrings = stringsIn(request.arguments);
    const { overload, values } = chooseOverload<LiveOverload>(request.rpc, overloads, {
      values: request.arguments,
      form: areStrings ? "texts" : "json",
      argumentTypes: request.argumentTypes,
      returnTypes: request.returnTypes,
    });
    const { signature } = overload;
    return await new Promise((resolve) => {
      this.#done = () => resolve("");
      this.#call = node.dispatcher.run({
        overload,
        payload: signature.encodeArguments(values),
        timeoutMs: limits.callTimeoutMs,
        client,
        from: this.#transport.remote,
      }, {
        result: (payload) => {
          this.#call = undefined;
          try {
            const value = signature.decodeResult(payload);
            resolve(
              formatTextResult(
                areStrings ? signature.resultToTexts(value) : signature.resultToJson(value),
              ),
            );
          } catch (error) {
            resolve(this.#refuse(error, request));
          }
        },
        exception: (type, message) => {
          this.#call = undefined;
          resolve(formatTextException(type, message));
        },
      });
    });
  }

  /** The answer to what cannot be run, and the record of it. */
  #refuse(error: unknown, request: TextRequest | undefined): string {
    const exception = toException(error);
    const { cause } = exception;
    this.#node.log.warn("call.refused", {
      from: this.#transport.remote,
      client: request?.client,
      service: request?.service,
      rpc: request?.rpc,
      exception: exception.code,
      message: exception.message,
      stack: cause instanceof Error && !(error instanceof FarcallError) ? cause.stack : undefined,
    });
    return formatTextException(exception.code, exception.message);
  }

  /**
   * Reads on for a moment before the connection closes: a close with unread bytes would make the
   * system throw away the answer that is on its way.
   */
  async #linger(): Promise<void> {
    const timer = setTimeout(() => this.close(), lingerMs);
    const buffer = new Uint8Array(64 * 1024);
    try {
      await this.#transport.closeWrite();
      for (let bytes = 0; bytes < lingerBytesMax;) {
        const count = await this.#transport.read(buffer);
        if (count === null) return;
        bytes += count;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
