/** One call of a script to another service: on this node, or on others. */
import type { TraceContext } from "../../context/mod.ts";
import { type ErrorCode, FarcallError, MalformedMessage } from "../../errors/mod.ts";
import { readUint32, writeUint32 } from "../../encoding/mod.ts";
import type { CallHandle, OutgoingCall, OutgoingSink, StreamMessage } from "../../executor/mod.ts";
import type { OutgoingNodes } from "../../outgoing/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { overloadOf, rpcOf, serviceOf } from "./access.ts";
import type { AdmittedCall, ReplySink } from "./admitted_call.ts";
import { CallStreams } from "./call_streams.ts";
import type { LiveGeneration, LiveTarget } from "./live_generation.ts";
import { costOfCall } from "../memory/costs.ts";
import type { NodeMemory } from "../memory/node_memory.ts";

/** Parts shared by all calls of scripts. */
export interface ScriptCallParts {
  /** The live generation, which may be newer than the script's. */
  readonly services: { readonly live: LiveGeneration };
  /** Runs a call on this node. */
  readonly run: (call: AdmittedCall, sink: ReplySink) => CallHandle;
  readonly others: Pick<OutgoingNodes, "call">;
  readonly memory: NodeMemory;
}

/** A script's call, and the sink of its outcome. */
export interface ScriptCallAbout {
  /** The call that the script serves. */
  readonly call: AdmittedCall;
  readonly target: LiveTarget;
  readonly trace: TraceContext | undefined;
  readonly outgoing: OutgoingCall;
  readonly sink: OutgoingSink;
}

/** A script's call: on this node if it has the service and capacity, otherwise on another. */
export class ScriptCall implements CallHandle {
  readonly #parts: ScriptCallParts;
  readonly #about: ScriptCallAbout;
  readonly #streams: CallStreams | undefined;
  readonly #startedMs = performance.now();
  /** The arguments, if the call may be retried elsewhere. */
  readonly #kept: Uint8Array | undefined;
  #attempt: CallHandle | undefined;
  /** Credit granted for the result before it began, which is repeated for the next attempt. */
  #creditBytes = 0;
  /** Whether a stream has begun, after which the call cannot be retried. */
  #hasBegun = false;
  #chargedBytes = 0;

  constructor(parts: ScriptCallParts, about: ScriptCallAbout) {
    this.#parts = parts;
    this.#about = about;
    const { target, outgoing } = about;
    const { signature, service, nodes } = target;
    this.#streams = this.#streamsOf();
    if (this.#streams !== undefined) {
      this.#streams.handle = { send: (message) => this.#pass(message) };
    }
    const isHere = this.#parts.services.live.services.has(service);
    if (nodes.length > 0) {
      const streams = signature.argumentStreams.length +
        Number(signature.resultStream !== undefined);
      this.#charge(costOfCall(outgoing.payload.length, streams));
      this.#kept = outgoing.payload.slice();
    }
    try {
      this.#attempt = isHere || nodes.length === 0 ? this.#callHere() : this.#callElsewhere();
    } catch (error) {
      if (!this.#goesOn(error instanceof FarcallError ? error.code : undefined)) {
        this.#over();
        throw error;
      }
      this.#attempt = this.#callElsewhere();
    }
  }

  send({ kind, stream, body }: StreamMessage): void {
    if (this.#streams === undefined) throw new MalformedMessage("the call has no streams");
    this.#streams.take(kind, stream, body);
  }

  cancel(): void {
    this.#attempt?.cancel();
    this.#over();
  }

  #callHere(): CallHandle {
    const { call, target, trace, outgoing, sink } = this.#about;
    const { service, rpc, args, returns } = target;
    const overload = overloadOf(rpcOf(serviceOf(this.#parts.services.live, service), rpc), {
      argumentTypes: args,
      returnTypes: returns,
    });
    return this.#parts.run({
      overload,
      payload: outgoing.payload,
      timeoutMs: outgoing.timeoutMs,
      client: call.overload.service.asClient,
      from: `${call.overload.service.name}.${call.overload.rpc}`,
      via: "script",
      trace,
      depth: (call.depth ?? 0) + 1,
    }, {
      result: (payload) => this.#result(payload),
      exception: (type, message) => {
        if (!this.#goesOn(type)) {
          this.#over();
          return sink.exception(type, message);
        }
        this.#attempt = this.#callElsewhere();
        this.#giveCreditAgain();
      },
      streams: this.#streams,
    });
  }

  #callElsewhere(): CallHandle {
    const { call, target, trace, outgoing, sink } = this.#about;
    const { name: client } = call.overload.service.asClient;
    return this.#parts.others.call({
      client,
      target,
      payload: this.#kept!,
      deadlineMs: this.#startedMs + outgoing.timeoutMs,
      trace,
      depth: (call.depth ?? 0) + 1,
    }, {
      result: (payload) => this.#result(payload),
      exception: (type, message) => {
        this.#over();
        sink.exception(type, message);
      },
      streams: this.#streams,
    });
  }

  #result(payload: Uint8Array): void {
    this.#over();
    this.#about.sink.result(payload);
  }

  /** Whether the call may go to another node: nothing has run here, and no stream has begun. */
  #goesOn(type: ErrorCode | undefined): boolean {
    return this.#kept !== undefined && !this.#hasBegun && type !== undefined &&
      ["Unavailable", "Overloaded", "Server Draining", "Service Not Found"].includes(type);
  }

  #streamsOf(): CallStreams | undefined {
    const { target: { signature }, sink: { streams } } = this.#about;
    if (!signature.hasStreams) {
      return undefined;
    }
    return new CallStreams(signature, {
      open: () => {
        this.#hasBegun = true;
        streams.open();
      },
      item: (payload) => streams.item(payload),
      credit: (stream, bytes) => {
        this.#hasBegun = true;
        streams.credit(stream, bytes);
      },
      budget: {
        charge: (bytes) => this.#account.charge(bytes),
        release: (bytes) => this.#account.release(bytes),
      },
    });
  }

  #giveCreditAgain(): void {
    if (this.#creditBytes === 0) return;
    const body = new Uint8Array(4);
    writeUint32(body, 0, this.#creditBytes);
    this.#attempt?.send({ kind: FrameKind.credit, stream: 0, body });
  }

  /** Passes on a checked frame of a stream. */
  #pass(message: StreamMessage): void {
    if (message.kind === FrameKind.credit && !this.#hasBegun) {
      this.#creditBytes += readUint32(message.body, 0);
    }
    this.#attempt?.send(message);
  }

  /** The account of its service, looked up each time because empty accounts are dropped. */
  get #account() {
    return this.#parts.memory.ofClient(this.#about.call.overload.service.asClient.name);
  }

  #charge(bytes: number): void {
    this.#account.charge(bytes);
    this.#chargedBytes = bytes;
  }

  #over(): void {
    this.#streams?.over();
    if (this.#chargedBytes > 0) this.#account.release(this.#chargedBytes);
    this.#chargedBytes = 0;
  }
}
