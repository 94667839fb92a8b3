/** Calls of scripts to other services, at the executor: its node alone knows what runs them. */
import type { Channel } from "../../channel/mod.ts";
import { writeUint32 } from "../../encoding/uint32.ts";
import { toException } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { CallTarget } from "../../manifest/granted_calls.ts";
import { FrameKind } from "../../protocol/frame.ts";
import { chooseOverload } from "../../types/overload.ts";
import { type CompiledSignature, compileSignature } from "../../types/signature.ts";
import { needStack } from "./facades/stack_room.ts";

/** An overload that scripts may call; its number is its place among them all. */
interface Target {
  readonly number: number;
  readonly signature: CompiledSignature;
}

interface Outgoing {
  /** The call whose script makes it. */
  readonly parent: number;
  readonly name: string;
  readonly signature: CompiledSignature;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const decoder = new TextDecoder();

/** What the scripts of one executor may call, and what they have called. */
export class OutgoingCalls {
  readonly #channel: Channel;
  readonly #argumentBytesMax: number;
  /** By service and rpc. */
  readonly #targets = new Map<string, Map<string, Target[]>>();
  readonly #outgoing = new Map<number, Outgoing>();
  #last = 0;

  /** @param argumentBytesMax Bytes of the arguments of one call. */
  constructor(channel: Channel, targets: readonly CallTarget[], argumentBytesMax: number) {
    this.#channel = channel;
    this.#argumentBytesMax = argumentBytesMax;
    for (const [number, { service, rpc, args, returns }] of targets.entries()) {
      const rpcs = this.#targets.get(service) ?? new Map<string, Target[]>();
      this.#targets.set(service, rpcs);
      const target = { number, signature: compileSignature({ args, returns }) };
      rpcs.set(rpc, [...rpcs.get(rpc) ?? [], target]);
    }
  }

  /** The names of the services. */
  get services(): string[] {
    return [...this.#targets.keys()];
  }

  /** The names of a service's rpcs; undefined where scripts may call none of it. */
  rpcsOf(service: string): string[] | undefined {
    const rpcs = this.#targets.get(service);
    return rpcs && [...rpcs.keys()];
  }

  /** Calls on behalf of a call. @throws What scripts may see, where it cannot be made. */
  call(
    parent: number,
    { service, rpc }: { service: string; rpc: string },
    values: readonly unknown[],
  ): Promise<unknown> {
    needStack();
    const name = `${service}.${rpc}`;
    const { number: target, signature, payload } = this.#encoded(service, rpc, values);
    if (payload.length > this.#argumentBytesMax) {
      throw shownError(
        "Message Too Large",
        `${name}: the arguments have ${payload.length} bytes, ${this.#argumentBytesMax} are ` +
          "allowed (its service's limits: result)",
      );
    }
    const atOnceMax = limits.scriptCallsMax;
    if (this.#outgoing.size >= atOnceMax) {
      throw shownError(
        "Overloaded",
        `${name}: the scripts of this executor already wait for ${atOnceMax} calls; await some first`,
      );
    }
    do this.#last = this.#last % 0xffff_ffff + 1; while (this.#outgoing.has(this.#last));
    const number = this.#last;
    const body = new Uint8Array(4 + payload.length);
    writeUint32(body, 0, parent);
    body.set(payload, 4);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#outgoing.set(number, { parent, name, signature, resolve, reject });
    this.#channel.send(FrameKind.scriptCall, target, number, body);
    return promise;
  }

  /** Takes a result. */
  result(number: number, payload: Uint8Array): void {
    const call = this.#take(number);
    if (call === undefined) return;
    try {
      call.resolve(call.signature.decodeResult(payload));
    } catch (error) {
      call.reject(shownFor(call.name, error));
    }
  }

  /** Takes an exception. */
  exception(number: number, body: Uint8Array): void {
    const call = this.#take(number);
    if (call === undefined) return;
    const { type, message } = JSON.parse(decoder.decode(body));
    call.reject(shownError(type, `${call.name}: ${message}`));
  }

  /** A call is over, and with it what its script has called. */
  over(parent: number): void {
    if (this.#outgoing.size === 0) return;
    for (const [number, call] of this.#outgoing) {
      if (call.parent !== parent) continue;
      this.#outgoing.delete(number);
      call.reject(overError(call.name));
    }
  }

  #take(number: number): Outgoing | undefined {
    const call = this.#outgoing.get(number);
    this.#outgoing.delete(number);
    return call;
  }

  #encoded(service: string, rpc: string, values: readonly unknown[]) {
    try {
      const targets = this.#targets.get(service)!.get(rpc)!;
      const { overload } = chooseOverload(rpc, targets, { values, form: "values" });
      return { ...overload, payload: overload.signature.encodeArguments(values) };
    } catch (error) {
      throw shownFor(`${service}.${rpc}`, error);
    }
  }
}

/** For a call that its script cannot make, or hears no more of, because the script's own call is over. */
export function overError(name: string): Error {
  return shownError("Cancelled", `${name}: the call whose script calls it is over`);
}

function shownFor(name: string, error: unknown): Error {
  const { code, message } = toException(error);
  return shownError(code, `${name}: ${message}`);
}

/** What a script catches: an error of the language alone, named after the exception. */
function shownError(type: string, message: string): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: type, writable: true, configurable: true });
  return error;
}
