/** Calls of scripts to other services of the same node, as the service that the script belongs to. */
import type { TraceContext } from "../../context/mod.ts";
import { ClientNotRegistered, ExecutionException } from "../../errors/mod.ts";
import type { CallHandle, CallOut } from "../../executor/mod.ts";
import { limits } from "../../limits/mod.ts";
import { overloadOf, rpcOf, serviceOf } from "./access.ts";
import type { AdmittedCall, ReplySink } from "./admitted_call.ts";
import type { LiveGeneration, LiveOverload } from "./live_generation.ts";

type RunCall = (call: AdmittedCall, sink: ReplySink) => CallHandle;

/** What scripts call by: the generation that is live when they call, whichever theirs is. */
export class ScriptCalls {
  readonly #services: { readonly live: LiveGeneration };
  readonly #run: RunCall;

  constructor(services: { readonly live: LiveGeneration }, run: RunCall) {
    this.#services = services;
    this.#run = run;
  }

  /**
   * What a call's script calls others by; undefined where it may call none.
   *
   * @param trace The place of the script's calls in a distributed trace.
   */
  of(call: AdmittedCall, trace: TraceContext | undefined): CallOut | undefined {
    if (call.overload.service.targets.length === 0) return undefined;
    return ({ target, payload, timeoutMs }, sink): CallHandle => {
      const overload = this.#admit(call, target);
      return this.#run({
        overload,
        payload,
        timeoutMs,
        client: call.overload.service.asClient,
        from: `${call.overload.service.name}.${call.overload.rpc}`,
        via: "script",
        trace,
        depth: (call.depth ?? 0) + 1,
      }, sink);
    };
  }

  /** @throws What the script hears where its service may not call that, now. */
  #admit(
    { overload: { service: caller, rpc: callerRpc }, depth = 0 }: AdmittedCall,
    number: number,
  ): LiveOverload {
    const { service, rpc, args, returns } = caller.targets[number]!;
    if (depth >= limits.scriptCallDepthMax) {
      throw new ExecutionException(
        `call loop: scripts call each other ${depth} calls deep, at most ` +
          `${limits.scriptCallDepthMax} are allowed; ${caller.name}.${callerRpc} was the last to call`,
      );
    }
    const { live } = this.#services;
    const granted = live.services.get(caller.name)?.targets ?? [];
    if (!granted.some((each) => each.service === service && each.rpc === rpc)) {
      throw new ClientNotRegistered(
        `service "${caller.name}" may not call ${service}.${rpc} any more: init.yaml has changed`,
      );
    }
    return overloadOf(rpcOf(serviceOf(live, service), rpc), {
      argumentTypes: args,
      returnTypes: returns,
    });
  }
}
