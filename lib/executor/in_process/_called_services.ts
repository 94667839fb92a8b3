/** Calls of embedded functions to other services of their node. */
import type { CallableServices } from "../../context/mod.ts";
import {
  Cancelled,
  exceptionOf,
  FarcallError,
  InternalError,
  Overloaded,
} from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { CallTarget } from "../../manifest/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { chooseOverload, type CompiledSignature, compileSignature } from "../../types/mod.ts";
import { writeUint32 } from "../../encoding/mod.ts";
import type { CallHandle, CallOut } from "../call.ts";
import { OutgoingStreams } from "../outgoing_streams.ts";

/** An overload that a service's functions may call, numbered among all of these. */
interface Target {
  readonly number: number;
  readonly signature: CompiledSignature;
}

/** The rpcs that a service's functions may call, by service and rpc. */
export type CalledRpcs = ReadonlyMap<string, ReadonlyMap<string, readonly Target[]>>;

/** Reads a manifest's grants. @returns Undefined for a manifest without grants. */
export function calledRpcs(targets: readonly CallTarget[]): CalledRpcs | undefined {
  const services = new Map<string, Map<string, Target[]>>();
  for (const [number, { service, rpc, args, returns }] of targets.entries()) {
    const rpcs = services.get(service) ?? new Map<string, Target[]>();
    services.set(service, rpcs);
    const target = { number, signature: compileSignature({ args, returns }) };
    rpcs.set(rpc, [...rpcs.get(rpc) ?? [], target]);
  }
  return services.size === 0 ? undefined : services;
}

/** Parts for a function's calls. */
export interface CallerParts {
  readonly callOut: CallOut;
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
  readonly itemBytesMax: number;
}

interface Outgoing {
  readonly handle: CallHandle;
  readonly fail: (error: unknown) => void;
}

/** The other services, for one call. */
export class CalledServices implements CallableServices {
  readonly #rpcs: CalledRpcs;
  readonly #parts: CallerParts;
  readonly #outgoing = new Set<Outgoing>();
  #isOver = false;

  constructor(rpcs: CalledRpcs, parts: CallerParts) {
    this.#rpcs = rpcs;
    this.#parts = parts;
  }

  service(name: string): Readonly<Record<string, (...values: unknown[]) => Promise<unknown>>> {
    const rpcs = this.#rpcs.get(name);
    if (rpcs === undefined) {
      const known = [...this.#rpcs.keys()].join(", ");
      throw new TypeError(
        `functions of this service may not call service "${name}", only ${known}; add it to the calls of ` +
          "service(…)",
      );
    }
    const functions: Record<string, (...values: unknown[]) => Promise<unknown>> = Object.create(
      null,
    );
    for (const [rpc, targets] of rpcs) {
      functions[rpc] = async (...values) => await this.#call(`${name}.${rpc}`, targets, values);
    }
    return Object.freeze(functions);
  }

  /** The call is over: cancels its function's calls. */
  over(): void {
    this.#isOver = true;
    for (const outgoing of this.#outgoing) {
      outgoing.handle.cancel();
      outgoing.fail(overError());
    }
  }

  #call(name: string, targets: readonly Target[], given: readonly unknown[]): Promise<unknown> {
    if (this.#isOver) throw overError();
    if (this.#outgoing.size >= limits.scriptCallsMax) {
      throw new Overloaded(`${name}: this call already waits for ${limits.scriptCallsMax} others`);
    }
    const { overload, values } = chooseOverload(name, targets, { values: given, form: "values" });
    const { signature, number: target } = overload;
    const payload = signature.encodeArguments(values);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { callOut, deadlineMs, itemBytesMax } = this.#parts;
    const end = (failure?: { readonly error: unknown }): void => {
      this.#outgoing.delete(outgoing);
      streams?.over(failure);
      if (failure !== undefined) reject(failure.error);
    };
    const send = (kind: number, stream: number, body: Uint8Array): void =>
      outgoing.handle.send({ kind, stream, body });
    const streams = OutgoingStreams.of(signature, {
      item: (stream, payload) => send(FrameKind.item, stream, payload),
      end: (stream) => send(FrameKind.end, stream, noBytes),
      credit: (bytes) => send(FrameKind.credit, 0, fourBytes(bytes)),
      itemBytesMax,
      shown: (error) => error,
      giveUp: (failure) => {
        outgoing.handle.cancel();
        end(failure && { error: failure.thrown });
      },
    });
    const timeoutMs = Math.max(1, deadlineMs - performance.now());
    const handle = callOut({ target, payload, timeoutMs }, {
      result: (payload) => {
        end();
        if (signature.resultStream === undefined) resolve(signature.decodeResult(payload));
      },
      exception: (type, message) => {
        const error = exceptionOf(type, `${name}: ${message}`);
        end({ error: error instanceof FarcallError ? error : new InternalError(message) });
      },
      streams: {
        open: () => resolve(streams!.opened()),
        item: (payload) => streams!.push(payload),
        credit: (stream, bytes) => streams!.credited(stream, bytes),
      },
    });
    const outgoing: Outgoing = { handle, fail: (error) => end({ error }) };
    this.#outgoing.add(outgoing);
    streams?.begin(values);
    return promise;
  }
}

const noBytes = new Uint8Array(0);

function fourBytes(value: number): Uint8Array {
  const body = new Uint8Array(4);
  writeUint32(body, 0, value);
  return body;
}

function overError(): Cancelled {
  return new Cancelled("the call whose function calls another service is over");
}
