/** Calls of scripts to other services, of this node and of others, as the service that the script belongs to. */
import type { TraceContext } from "../../context/mod.ts";
import { ClientNotRegistered, ExecutionException, toException } from "../../errors/mod.ts";
import type { CallHandle, CallOut, StreamMessage } from "../../executor/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { OutgoingNodes } from "../../outgoing/mod.ts";
import type { Tracer } from "../../traces/mod.ts";
import type { AdmittedCall } from "./admitted_call.ts";
import type { LiveTarget } from "./live_generation.ts";
import { ScriptCall, type ScriptCallParts } from "./_script_call.ts";

/** What scripts' calls are made by. */
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
   * What a call's script calls others by; undefined where it may call none.
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

  /** Ends the connections to other nodes. */
  close(): Promise<void> {
    return this.#others.close();
  }

  /** @throws What the script hears where its service may not call that, now. */
  #granted(
    { overload: { service: caller, rpc: callerRpc }, depth = 0 }: AdmittedCall,
    number: number,
  ): LiveTarget {
    const { service, rpc } = caller.targets[number]!;
    if (depth >= limits.scriptCallDepthMax) {
      throw callLoop(depth, `${caller.name}.${callerRpc} was the last to call`);
    }
    const granted = this.#parts.services.live.services.get(caller.name)?.targets ?? [];
    // Of a deployment since, the nodes count, not the signature: that is its executor's.
    const now = granted.find((each) => each.service === service && each.rpc === rpc);
    if (now === undefined) {
      throw new ClientNotRegistered(
        `service "${caller.name}" may not call ${service}.${rpc} any more: init.yaml has changed`,
      );
    }
    return { ...caller.targets[number]!, nodes: now.nodes };
  }
}

/** What ends a loop. @param depth How many calls of scripts led to it. */
export function callLoop(depth: number, last: string): ExecutionException {
  return new ExecutionException(
    `call loop: scripts call each other ${depth} calls deep, at most ` +
      `${limits.scriptCallDepthMax} are allowed; ${last}`,
  );
}

/** Calls other nodes; what that takes is loaded with the first such call. */
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
    /** Credit, which the script gives at once. */
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
