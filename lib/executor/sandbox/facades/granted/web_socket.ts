/** WebSockets for scripts, backed by the runtime, whose objects stay private. */
import type { GrantedAddresses } from "./addresses.ts";
import { Blob, blobOfRuntime, shownBlob } from "./blob.ts";
import { answeredSync } from "./errors.ts";
import { Event, EventTarget, HandlerProperty } from "../events.ts";
import { checkPlainAddress } from "./fetching.ts";
import { runtimeGlobal } from "../stack_room.ts";

const RuntimeSocket = runtimeGlobal<typeof globalThis.WebSocket>("WebSocket");
const RuntimeBlob = globalThis.Blob;
const RuntimeURL = globalThis.URL;

/** A received message. */
export class MessageEvent extends Event {
  readonly #data: unknown;
  readonly #origin: string;

  constructor(type: unknown, init: MessageEventInit | null = {}) {
    super(type, init);
    this.#data = init?.data ?? null;
    this.#origin = String(init?.origin ?? "");
  }

  get data(): unknown {
    return this.#data;
  }

  get origin(): string {
    return this.#origin;
  }
}

/** How a connection ended. */
export class CloseEvent extends Event {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: unknown, init: CloseEventInit | null = {}) {
    super(type, init);
    this.#code = Number(init?.code ?? 0);
    this.#reason = String(init?.reason ?? "");
    this.#wasClean = Boolean(init?.wasClean);
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }
}

const states = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;
type HandledEvent = "open" | "message" | "error" | "close";

/** The class for these grants. */
export function webSocketWithin(addresses: GrantedAddresses): unknown {
  class WebSocket extends EventTarget {
    readonly #url: string;
    readonly #handlers: Readonly<Record<HandledEvent, HandlerProperty>>;
    #socket: globalThis.WebSocket | undefined;
    #binaryType: BinaryType = "blob";
    #isClosed = false;

    constructor(url: unknown, protocols: unknown = []) {
      super();
      const address = answeredSync(() => new RuntimeURL(String(url)));
      address.protocol = address.protocol.replace("http", "ws");
      this.#url = address.href;
      const handlerOf = (name: HandledEvent) => new HandlerProperty(this, name);
      this.#handlers = {
        open: handlerOf("open"),
        message: handlerOf("message"),
        error: handlerOf("error"),
        close: handlerOf("close"),
      };
      const names = typeof protocols === "string"
        ? [protocols]
        : Array.from(protocols as Iterable<unknown>, String);
      checkPlainAddress(this.#url, addresses).then(
        () => this.#connect(names),
        () => this.#fail(),
      );
    }

    #connect(protocols: string[]): void {
      if (this.#isClosed) return;
      try {
        this.#socket = new RuntimeSocket.value(this.#url, protocols);
      } catch {
        return this.#fail();
      }
      const socket = this.#socket;
      socket.binaryType = this.#binaryType;
      socket.onopen = () => this.dispatchEvent(new Event("open"));
      socket.onerror = () => this.dispatchEvent(new Event("error"));
      socket.onmessage = ({ data, origin }) => {
        const shown = data instanceof RuntimeBlob ? shownBlob(data) : data;
        this.dispatchEvent(new MessageEvent("message", { data: shown, origin }));
      };
      socket.onclose = ({ code, reason, wasClean }) => {
        this.#isClosed = true;
        this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
      };
    }

    #fail(): void {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.dispatchEvent(new Event("error"));
      this.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    }

    get url(): string {
      return this.#url;
    }

    get readyState(): number {
      return this.#isClosed ? 3 : this.#socket?.readyState ?? 0;
    }

    get bufferedAmount(): number {
      return this.#socket?.bufferedAmount ?? 0;
    }

    get protocol(): string {
      return this.#socket?.protocol ?? "";
    }

    get extensions(): string {
      return this.#socket?.extensions ?? "";
    }

    get binaryType(): BinaryType {
      return this.#binaryType;
    }

    set binaryType(type: BinaryType) {
      this.#binaryType = type === "arraybuffer" ? "arraybuffer" : "blob";
      if (this.#socket !== undefined) this.#socket.binaryType = this.#binaryType;
    }

    get onopen(): unknown {
      return this.#handlers.open.get();
    }

    set onopen(handler: unknown) {
      this.#handlers.open.set(handler);
    }

    get onmessage(): unknown {
      return this.#handlers.message.get();
    }

    set onmessage(handler: unknown) {
      this.#handlers.message.set(handler);
    }

    get onerror(): unknown {
      return this.#handlers.error.get();
    }

    set onerror(handler: unknown) {
      this.#handlers.error.set(handler);
    }

    get onclose(): unknown {
      return this.#handlers.close.get();
    }

    set onclose(handler: unknown) {
      this.#handlers.close.set(handler);
    }

    send(data: unknown): void {
      const sent = data instanceof Blob
        ? blobOfRuntime(data)
        : data instanceof ArrayBuffer || ArrayBuffer.isView(data)
        ? data as ArrayBuffer
        : String(data);
      answeredSync(() => {
        if (this.#socket === undefined) throw new TypeError("the WebSocket is not open yet");
        this.#socket.send(sent);
      });
    }

    close(code?: unknown, reason?: unknown): void {
      if (this.#socket === undefined) return this.#fail();
      const socket = this.#socket;
      answeredSync(() => {
        if (code === undefined) socket.close();
        else socket.close(Number(code), reason === undefined ? undefined : String(reason));
      });
    }

    override get [Symbol.toStringTag](): string {
      return "WebSocket";
    }
  }
  for (const [state, name] of states.entries()) {
    for (const holder of [WebSocket, WebSocket.prototype]) {
      Object.defineProperty(holder, name, { value: state, enumerable: true });
    }
  }
  return WebSocket;
}
