/** Calls of scripts to other services, on the executor's side: only the node knows the providers. */
import type { Channel } from "../../channel/mod.ts";
import { readUint32, writeUint32 } from "../../encoding/uint32.ts";
import { FarcallError, toException } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { CallTarget } from "../../manifest/granted_calls.ts";
import { FrameKind } from "../../protocol/frame.ts";
import { chooseOverload } from "../../types/overload.ts";
import { type CompiledSignature, compileSignature } from "../../types/signature.ts";
import { needStack } from "./facades/stack_room.ts";
import { OutgoingStreams } from "../outgoing_streams.ts";

/** An overload that scripts may call; its number is its index among all of these. */
interface Target {
  readonly number: number;
  readonly signature: CompiledSignature;
}

interface Outgoing {
  /** The call that makes it. */
  readonly parent: number;
  readonly name: string;
  readonly signature: CompiledSignature;
  readonly streams: OutgoingStreams | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const decoder = new TextDecoder();
const noBytes = new Uint8Array(0);

/** The overloads that an executor's scripts may call, and their calls in flight. */
export class OutgoingCalls {
  readonly #channel: Channel;
  readonly #argumentBytesMax: number;
  /** By service and rpc. */
  readonly #targets = new Map<string, Map<string, Target[]>>();
  readonly #outgoing = new Map<number, Outgoing>();
  #last = 0;

  /** @param argumentBytesMax Bytes of a call's arguments, and of an item. */
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

  /** The names of a service's rpcs; undefined if scripts may call none of it. */
  rpcsOf(service: string): string[] | undefined {
    const rpcs = this.#targets.get(service);
    return rpcs && [...rpcs.keys()];
  }

  /** Makes a call on behalf of a call. @throws An error that scripts may see, if it cannot be made. */
  call(
    parent: number,
    { service, rpc }: { service: string; rpc: string },
    values: readonly unknown[],
  ): Promise<unknown> {
    needStack();
    const name = `${service}.${rpc}`;
    const chosen = this.#encoded(service, rpc, values);
    const { signature, payload } = chosen;
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
    const streams = OutgoingStreams.of(signature, {
      item: (stream, payload) => this.#send(FrameKind.scriptItem, stream, number, payload),
      end: (stream) => this.#send(FrameKind.scriptEnd, stream, number, noBytes),
      credit: (bytes) => this.#send(FrameKind.scriptCredit, 0, number, bytes),
      itemBytesMax: this.#argumentBytesMax,
      shown: (error) => isOurs(error) ? shownFor(name, error) : error,
      giveUp: (failure) => this.#giveUp(number, failure),
    });
    this.#outgoing.set(number, { parent, name, signature, streams, resolve, reject });
    this.#channel.send(FrameKind.scriptCall, chosen.number, number, body);
    streams?.begin(chosen.values);
    return promise;
  }

  /** Handles a result; of a stream, its end. */
  result(number: number, payload: Uint8Array): void {
    const call = this.#take(number);
    if (call === undefined) return;
    call.streams?.over();
    // Its script already iterates.
    if (call.signature.resultStream !== undefined) return;
    try {
      call.resolve(call.signature.decodeResult(payload));
    } catch (error) {
      call.reject(shownFor(call.name, error));
    }
  }

  /** Handles an exception. */
  exception(number: number, body: Uint8Array): void {
    const call = this.#take(number);
    if (call === undefined) return;
    const { type, message } = JSON.parse(decoder.decode(body));
    fail(call, shownError(type, `${call.name}: ${message}`));
  }

  /** Handles the start of a returned stream. */
  opened(number: number): void {
    const call = this.#outgoing.get(number);
    if (call !== undefined) call.resolve(call.streams!.opened());
  }

  /** Handles a frame for a call's streams. */
  stream(
    number: number,
    { kind, stream }: { readonly kind: number; readonly stream: number },
    body: Uint8Array,
  ): void {
    const call = this.#outgoing.get(number);
    if (call === undefined) return;
    try {
      if (kind === FrameKind.scriptItem) call.streams?.push(body);
      else call.streams?.credited(stream, readUint32(body, 0));
    } catch (error) {
      this.#giveUp(number, { thrown: shownFor(call.name, error) });
    }
  }

  /** Ends a call, and with it the calls that its script has made. */
  over(parent: number): void {
    if (this.#outgoing.size === 0) return;
    for (const [number, call] of this.#outgoing) {
      if (call.parent !== parent) continue;
      this.#outgoing.delete(number);
      fail(call, overError(call.name));
    }
  }

  /** Cancels a call whose script no longer wants a reply, or cannot receive one. */
  #giveUp(number: number, failure?: { readonly thrown: unknown }): void {
    const call = this.#take(number);
    if (call === undefined) return;
    this.#channel.send(FrameKind.scriptCancel, 0, number);
    if (failure === undefined) call.streams?.over();
    else fail(call, failure.thrown);
  }

  /** Reads or writes a stream, with a check of the stack, whose depth the script chooses. */
  #send(kind: number, stream: number, number: number, body: Uint8Array | number): void {
    needStack();
    this.#channel.send(kind, stream, number, body);
  }

  #take(number: number): Outgoing | undefined {
    const call = this.#outgoing.get(number);
    this.#outgoing.delete(number);
    return call;
  }

  #encoded(service: string, rpc: string, values: readonly unknown[]) {
    try {
      const targets = this.#targets.get(service)!.get(rpc)!;
      const { overload, values: chosen } = chooseOverload(rpc, targets, { values, form: "values" });
      const payload = overload.signature.encodeArguments(chosen);
      return { ...overload, payload, values: chosen };
    } catch (error) {
      throw shownFor(`${service}.${rpc}`, error);
    }
  }
}

/** Fails whatever the script awaits: a reply or the next item. */
function fail({ streams, reject }: Outgoing, error: unknown): void {
  streams?.over({ error });
  reject(error);
}

/** Whether it is an error of ours, whose name and message scripts may see. */
function isOurs(error: unknown): error is FarcallError {
  try {
    return error instanceof FarcallError;
  } catch {
    return false; // A script's proxy.
  }
}

/** The error of a call that cannot be made or continued because the script's own call is over. */
export function overError(name: string): Error {
  return shownError("Cancelled", `${name}: the call whose script calls it is over`);
}

function shownFor(name: string, error: unknown): Error {
  const { code, message } = toException(error);
  return shownError(code, `${name}: ${message}`);
}

/** The error that a script catches: a plain language error, named after the exception. */
function shownError(type: string, message: string): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: type, writable: true, configurable: true });
  return error;
}
