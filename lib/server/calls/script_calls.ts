/** Calls of scripts to other services, on this node and others, with their service's identity. */
import type { TraceContext } from "../../context/mod.ts";
import { ClientNotRegistered, ExecutionException, toException } from "../../errors/mod.ts";
import type { CallHandle, CallOut, StreamMessage } from "../../executor/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { OutgoingNodes } from "../../outgoing/mod.ts";
import type { Tracer } from "../../traces/mod.ts";
import type { AdmittedCall } from "./admitted_call.ts";
import type { LiveTarget } from "./live_generation.ts";
import { ScriptCall, type ScriptCallParts } from "./_script_call.ts";

/** Parts for scripts' calls. */
export interface ScriptCallsParts extends Omit<ScriptCallParts, "others"> {
  readonly tracer: Tracer | undefined;
}

/** Makes the calls of a node's scripts. */
export class ScriptCalls {
  readonly #parts: ScriptCallParts;
  readonly #others: OtherNodes;

  constructor({ tracer, ...parts }: ScriptCallsParts) {
    this.#others = new OtherNodes(tracer);
    this.#parts = { ...parts, others: this.#others };
  }

  /**
   * Returns the function by which a call's script calls other services; undefined if it may call none.
   *
   * @param trace The place of the script's calls in a distributed trace.
   */
  of(call: AdmittedCall, trace: TraceContext | undefined): CallOut | undefined {
    if (call.overload.service.targets.length === 0) return undefined;
    return (outgoing, sink) => {
      const target = this.#granted(call, outgoing.target);
      return new ScriptCall(this.#parts, { call, target, trace, outgoing, sink });
    };
  }

  /** Closes the connections to other nodes. */
  close(): Promise<void> {
    return this.#others.close();
  }

  /** @throws The exception for the script, if its service may not call the rpc now. */
  #granted(
    { overload: { service: caller, rpc: callerRpc }, depth = 0 }: AdmittedCall,
    number: number,
  ): LiveTarget {
    const { service, rpc } = caller.targets[number]!;
    if (depth >= limits.scriptCallDepthMax) {
      throw callLoop(depth, `${caller.name}.${callerRpc} was the last to call`);
    }
    const granted = this.#parts.services.live.services.get(caller.name)?.targets ?? [];
    // After a newer deployment, its nodes count, but the signature stays that of the script's executor.
    const now = granted.find((each) => each.service === service && each.rpc === rpc);
    if (now === undefined) {
      throw new ClientNotRegistered(
        `service "${caller.name}" may not call ${service}.${rpc} any more: init.yaml has changed`,
      );
    }
    return { ...caller.targets[number]!, nodes: now.nodes };
  }
}

/** The exception that ends a call loop. @param depth The depth of nested script calls. */
export function callLoop(depth: number, last: string): ExecutionException {
  return new ExecutionException(
    `call loop: scripts call each other ${depth} calls deep, at most ` +
      `${limits.scriptCallDepthMax} are allowed; ${last}`,
  );
}

/** Calls other nodes, using modules that are loaded with the first such call. */
class OtherNodes {
  readonly #tracer: Tracer | undefined;
  #loading: Promise<OutgoingNodes> | undefined;
  #nodes: OutgoingNodes | undefined;
  #isClosed = false;

  constructor(tracer: Tracer | undefined) {
    this.#tracer = tracer;
  }

  call(...call: Parameters<OutgoingNodes["call"]>): CallHandle {
    if (this.#nodes !== undefined) return this.#nodes.call(...call);
    let handle: CallHandle | undefined;
    let isCancelled = false;
    /** The credit that the script grants at once. */
    const early: StreamMessage[] = [];
    this.#loading ??= this.#load();
    this.#loading.then((nodes) => {
      if (isCancelled) return;
      handle = nodes.call(...call);
      for (const message of early) handle.send(message);
    }).catch((error) => {
      const { code, message } = toException(error);
      if (!isCancelled) call[1].exception(code, message);
    });
    return {
      cancel: () => {
        isCancelled = true;
        handle?.cancel();
      },
      send: (message) => {
        if (handle === undefined) early.push({ ...message, body: message.body.slice() });
        else handle.send(message);
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#loading?.catch(() => undefined))?.close();
  }

  async #load(): Promise<OutgoingNodes> {
    const { OutgoingNodes } = await import("../../outgoing/mod.ts");
    this.#nodes = new OutgoingNodes(this.#tracer);
    if (this.#isClosed) await this.#nodes.close();
    return this.#nodes;
  }
}
