/** Calls with one JSON message each way: the common part of text, JSON-RPC and HTTP. */
import {
  type ExceptionType,
  InternalError,
  type RpcException,
  ServerDraining,
  toException,
} from "../../errors/mod.ts";
import type { TraceContext } from "../../context/mod.ts";
import type { CallHandle } from "../../executor/mod.ts";
import type { HeldArguments, JsonText } from "../../helper/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import type { CompiledSignature } from "../../types/mod.ts";
import type { PreparedCall, ResultForm } from "../../protocol/json/mod.ts";
import type { PublicKey, ScriptId, ScriptPin } from "../../identity/mod.ts";
import { callBuffered } from "./buffered_call.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import { encodeJsonSteps } from "../../encoding/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import { openRpc } from "./_openrpc.ts";
import { type Admission, admit, checkPin, servicesFor } from "../calls/access.ts";
import { LinkedList } from "../linked_list.ts";
import type { NodeContext } from "../node_context.ts";
import type { Via } from "../calls/admitted_call.ts";
import type { LiveClient, LiveOverload } from "../calls/live_generation.ts";
import { growForResult } from "../memory/costs.ts";
import type { Hold } from "../memory/hold.ts";

/** A call as received. */
export interface JsonCall {
  readonly service: string;
  readonly rpc: string;
  readonly held: HeldArguments;
  /** The memory charged while it is in flight. */
  readonly cost: number;
  /** Memory held for its message, released when that is answered. */
  readonly memory: Hold;
  /** The client name that the caller claims. */
  readonly client: string | undefined;
  /** The key that it has proved. */
  readonly key: PublicKey | undefined;
  /** The only script that may serve it. Default: any. */
  readonly pin?: ScriptPin;
  /** Its trace context. */
  readonly trace?: TraceContext;
  /** The form of its result. Default: native JSON, see {@linkcode JsonOutcome}. */
  readonly form?: ResultForm;
}

/** An exception, as sent to its caller. */
export interface JsonException {
  readonly kind: "exception";
  readonly type: ExceptionType;
  readonly message: string;
  /** The script that threw it; undefined if none has run. */
  readonly script?: ScriptId;
}

/** The outcome of a call. */
export type JsonOutcome =
  | {
    readonly kind: "result";
    /** In the call's form; by default the value, a list for several, null for none. */
    readonly json: JsonText;
    readonly script: ScriptId;
  }
  | JsonException;

/** The node's identity in documents. */
export interface JsonDocument {
  readonly kind: "document";
  readonly json: Uint8Array;
}

/** A call in flight, and the callback that settles it when it is cancelled. */
interface OpenCall {
  readonly handle: CallHandle;
  readonly give: () => void;
}

/** The calls of one connection. */
export class JsonCalls {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  readonly #trust: PeerTrust;
  readonly #open = new LinkedList<OpenCall>();
  /** Whether all calls were cancelled: no more may begin. */
  #isOver = false;

  constructor(node: NodeContext, transport: Transport, trust: PeerTrust) {
    this.#node = node;
    this.#trust = trust;
    this.#transport = transport;
  }

  /** The maximum bytes of one message. */
  get messageBytesMax(): number {
    return this.#node.bounds.messageBytesMax;
  }

  /** Number of calls in flight. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Runs a call. Never rejects: a failure is its outcome. */
  run(call: JsonCall, via: Via): Promise<JsonOutcome> {
    try {
      const { client, overloads } = this.#admit(call);
      const prepared = call.held.prepare(call.rpc, overloads);
      // Synchronous if possible, so that calls in flight are counted before the next message is read.
      if (!(prepared instanceof Promise)) return this.#begin(call, prepared, { client, via });
      return prepared.then((prepared) => this.#begin(call, prepared, { client, via }))
        .catch((error) => this.refuse(error, via, call));
    } catch (error) {
      return Promise.resolve(this.refuse(error, via, call));
    }
  }

  /** Whether a call asks for the catalog: the name that OpenRPC reserves, unless a service has it. */
  isDiscovery({ service, rpc }: Pick<JsonCall, "service" | "rpc">): boolean {
    return service === "rpc" && rpc === "discover" && !this.#node.services.live.services.has("rpc");
  }

  /** Describes the caller's services as an OpenRPC document. */
  async discover(caller: Pick<JsonCall, "client" | "key">): Promise<JsonDocument> {
    const { live, nodeName } = this.#node.services;
    const services = servicesFor(live, { ...this.#trust.origin, ...caller });
    const took = (ms: number): void => this.#trust.slice.owe(ms);
    const document = await inSlices(openRpc(nodeName, live.number, services), took);
    return { kind: "document", json: await inSlices(encodeJsonSteps(document), took) };
  }

  /** The outcome of a call that cannot run; logs it. */
  refuse(
    error: unknown,
    via: Via,
    call?: Partial<Pick<JsonCall, "service" | "rpc" | "client">>,
  ): JsonException {
    const exception: RpcException = toException(error);
    const { cause } = exception;
    this.#trust.wasRefused();
    this.#node.log.warn("call.refused", {
      from: this.#transport.remote,
      via,
      client: call?.client,
      service: call?.service,
      rpc: call?.rpc,
      exception: exception.code,
      message: exception.message,
      stack: exception instanceof InternalError && cause instanceof Error ? cause.stack : undefined,
    });
    return { kind: "exception", type: exception.code, message: exception.message };
  }

  /** Cancels all calls in flight, and all to come. */
  cancelAll(): void {
    this.#isOver = true;
    for (const { handle, give } of this.#open) {
      handle.cancel();
      give();
    }
    this.#open.clear();
  }

  /** Admits a call, and charges its memory. */
  #admit(call: JsonCall): Admission {
    const caller = { ...this.#trust.origin, client: call.client, key: call.key };
    try {
      const admitted = admit(this.#node.services.live, caller, call);
      this.#trust.budget.belongTo(admitted.client.name);
      call.memory.grow(call.cost);
      return admitted;
    } catch (error) {
      call.held.drop();
      throw error;
    }
  }

  #begin(
    call: JsonCall,
    { overload, payload, items }: PreparedCall<LiveOverload>,
    { client, via }: { readonly client: LiveClient; readonly via: Via },
  ): Promise<JsonOutcome> {
    const node = this.#node;
    const { memory, pin, form = "value", trace } = call;
    if (this.#isOver) return Promise.resolve(givenUp);
    checkPin(overload, pin);
    if (node.isDraining) throw new ServerDraining("the node is shutting down");
    const { signature, script } = overload;
    this.#trust.wasLetIn();
    const from = this.#transport.remote;
    const { callTimeoutMs: timeoutMs } = node.bounds;
    const { promise, resolve } = Promise.withResolvers<JsonOutcome>();
    const fail = (error: unknown): void => resolve(this.refuse(error, via, call));
    const buffered = { overload, payload, items, memory, bytesMax: this.messageBytesMax };
    const handle = callBuffered(buffered, {
      result: (payload) => {
        place.leave();
        const give = (json: JsonText): void => resolve({ kind: "result", json, script });
        try {
          growForResult(memory, payload.length);
          const json = this.#resultJson(signature, payload, form);
          if (json instanceof Promise) json.then(give, fail);
          else give(json);
        } catch (error) {
          fail(error);
        }
      },
      exception: (type, message) => {
        place.leave();
        resolve({ kind: "exception", type, message, script });
      },
    }, (payload, sink) => {
      const admitted = { overload, payload, timeoutMs, client, from, via, trace };
      return node.dispatcher.run(admitted, sink);
    });
    const place = this.#open.add({ handle, give: () => resolve(givenUp) });
    return promise;
  }

  /** @param payload Read, or copied, before this returns. */
  #resultJson(
    signature: CompiledSignature,
    payload: Uint8Array,
    form: ResultForm,
  ): JsonText | Promise<JsonText> {
    const { messages } = this.#node;
    return messages.resultJson(
      signature,
      messages.isLarge(payload) ? payload.slice() : payload,
      { form, from: this.#transport.remoteHost },
    );
  }
}

const givenUp: JsonException = {
  kind: "exception",
  type: "Cancelled",
  message: "the connection ended",
};
