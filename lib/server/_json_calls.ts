/** Calls whose arguments and results are native JSON: what JSON-RPC and HTTP have in common. */
import {
  type ExceptionType,
  InternalError,
  type RpcException,
  ServerDraining,
  toException,
} from "../errors/mod.ts";
import type { CallHandle } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import {
  chooseByJson,
  type JsonArguments,
  type PublicKey,
  type ScriptId,
  stringifyJson,
} from "../wire/mod.ts";
import { callWhole } from "./_whole_call.ts";
import { admit } from "./access.ts";
import type { NodeContext } from "./context.ts";
import type { Via } from "./dispatch.ts";
import type { LiveOverload } from "./generation.ts";

/** A call as it came. */
export interface JsonCall {
  readonly service: string;
  readonly rpc: string;
  readonly arguments: JsonArguments;
  /** The name that the caller gives itself. */
  readonly client: string | undefined;
  /** The key that it has proved. */
  readonly key: PublicKey | undefined;
}

/** An exception, as its caller hears it. */
export interface JsonException {
  readonly kind: "exception";
  readonly type: ExceptionType;
  readonly message: string;
}

/** How a call ended. */
export type JsonOutcome =
  | {
    readonly kind: "result";
    /** The value; a list of several; null for none. */
    readonly json: string;
    readonly script: ScriptId;
  }
  | JsonException;

/** The calls of one connection. */
export class JsonCalls {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  /** Those in flight, with what to say to those who wait for them when they are given up. */
  readonly #open = new Map<CallHandle, () => void>();

  constructor(node: NodeContext, transport: Transport) {
    this.#node = node;
    this.#transport = transport;
  }

  /** How many are in flight. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Runs a call. Never rejects: whatever goes wrong is how it ended. */
  async run(call: JsonCall, via: Via): Promise<JsonOutcome> {
    try {
      return await this.#run(call, via);
    } catch (error) {
      return this.refuse(error, via, call);
    }
  }

  /** The outcome of what cannot be run, and the record of it. */
  refuse(
    error: unknown,
    via: Via,
    call?: Pick<JsonCall, "service" | "rpc" | "client">,
  ): JsonException {
    const exception: RpcException = toException(error);
    const { cause } = exception;
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

  /** Gives up all that are in flight. */
  cancelAll(): void {
    for (const [handle, give] of this.#open) {
      handle.cancel();
      give();
    }
    this.#open.clear();
  }

  #run(call: JsonCall, via: Via): Promise<JsonOutcome> {
    const node = this.#node;
    const { remoteHost: host, remotePort: port, remote } = this.#transport;
    const { live } = node.services;
    const caller = { host, port, client: call.client, key: call.key };
    const { client, overloads } = admit(live, caller, call);
    const { overload, values } = chooseByJson<LiveOverload>(call.rpc, overloads, call.arguments);
    const { signature, script } = overload;
    if (node.isDraining) throw new ServerDraining("the node is shutting down");
    const { promise, resolve, reject } = Promise.withResolvers<JsonOutcome>();
    const admitted = { overload, timeoutMs: limits.callTimeoutMs, client, from: remote, via };
    const handle = callWhole({ signature, values }, {
      value: (result) => {
        this.#open.delete(handle);
        try {
          const values = signature.resultToJson(result);
          const value = values.length === 1 ? values[0] : values.length === 0 ? null : values;
          resolve({ kind: "result", json: stringifyJson(value), script });
        } catch (error) {
          reject(error);
        }
      },
      exception: (type, message) => {
        this.#open.delete(handle);
        resolve({ kind: "exception", type, message });
      },
    }, (payload, sink) => node.dispatcher.run({ ...admitted, payload }, sink));
    this.#open.set(
      handle,
      () => resolve({ kind: "exception", type: "Cancelled", message: "the connection ended" }),
    );
    return promise;
  }
}
