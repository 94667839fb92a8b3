/** One call inside an executor: its streams, and what its script may know of it. */
import { type Channel, InboundItems, OutboundItems } from "../channel/mod.ts";
import { Cancelled, InvalidArguments, messageOf, MessageTooLarge } from "../errors/mod.ts";
import { type CompiledSignature, FrameKind, readUint32 } from "../wire/mod.ts";

const { freeze } = Object;

/** What a call's script throws that its stream has thrown into it, and what that was for farcall. */
const thrownInto = new WeakMap<object, unknown>();

/** What was thrown, as farcall knows it: errors of a stream that went through a script are our own. */
export function unwrapped(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null ? thrownInto.get(thrown) ?? thrown : thrown;
}

/** A call that has come and was not answered. */
export class RunningCall {
  /** What its function finds as `this`. */
  readonly context: CallContext;
  #controller: AbortController | undefined;
  #isCancelled = false;
  /** By the stream's number. */
  readonly #inbound: ReadonlyMap<number, InboundItems> | undefined;
  readonly #outbound: OutboundItems | undefined;

  /**
   * @param signature What it takes and returns; undefined where it cannot run.
   * @param itemBytesMax The largest item that it may return, in bytes.
   */
  constructor(
    number: number,
    signature: CompiledSignature | undefined,
    { channel, itemBytesMax }: { channel: Channel; itemBytesMax: number },
  ) {
    this.context = new CallContext(this);
    if (signature === undefined) return;
    if (signature.argumentStreams.length > 0) {
      this.#inbound = new Map(signature.argumentStreams.map((stream) => {
        const grant = (bytes: number) =>
          channel.send(FrameKind.credit, stream.number, number, bytes);
        return [stream.number, new InboundItems({ stream, grant })];
      }));
    }
    if (signature.resultStream === undefined) return;
    this.#outbound = new OutboundItems(signature.resultStream, (payload) => {
      checkSize(payload, itemBytesMax);
      channel.send(FrameKind.item, 0, number, payload);
    });
  }

  /** Raised when it is given up. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isCancelled) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** What its script returns as a stream. */
  get outbound(): OutboundItems | undefined {
    return this.#outbound;
  }

  /** Puts the streams among its arguments into their places, and lets their senders begin. */
  fill(values: unknown[]): void {
    if (this.#inbound === undefined) return;
    for (const [stream, inbound] of this.#inbound) {
      values[stream - 1] = itemsOf(inbound);
      inbound.start();
    }
  }

  /** Takes what came for one of its streams. */
  take(kind: number, stream: number, body: Uint8Array): void {
    if (kind === FrameKind.credit) this.#outbound?.credit(readUint32(body, 0));
    else if (kind === FrameKind.end) this.#inbound?.get(stream)?.end();
    else this.#inbound?.get(stream)?.push(body);
  }

  /** Nobody wants its answer any more. */
  cancel(): void {
    this.#isCancelled = true;
    this.#controller?.abort();
    this.over(new Cancelled("the call was given up"));
  }

  /** It was answered. */
  over(error?: Cancelled): void {
    this.#outbound?.stop();
    for (const inbound of this.#inbound?.values() ?? []) {
      if (error === undefined) inbound.end();
      else inbound.fail(error);
    }
  }
}

function checkSize(payload: Uint8Array, bytesMax: number): void {
  if (payload.length <= bytesMax) return;
  throw new MessageTooLarge(
    `an item has ${payload.length} bytes, ${bytesMax} are allowed (its service's limits: result)`,
  );
}

/** What a function finds as `this`, unless it is an arrow function. */
class CallContext {
  readonly #call: RunningCall;

  constructor(call: RunningCall) {
    this.#call = call;
  }

  /** Raised when the call is cancelled or its time is up. */
  get signal(): AbortSignal {
    return this.#call.signal;
  }
}

/** Items for a script: an object that has nothing of ours in it. */
async function* itemsOf(inbound: InboundItems): AsyncGenerator<unknown, void> {
  for (;;) {
    let next: IteratorResult<unknown>;
    try {
      next = await inbound.next();
    } catch (error) {
      const shown = new Error(messageOf(error));
      shown.name = error instanceof InvalidArguments ? "TypeError" : "AbortError";
      thrownInto.set(shown, error);
      throw shown;
    }
    if (next.done) return;
    yield next.value;
  }
}

// All scripts of a service have these in common.
for (const shared of [CallContext, CallContext.prototype, itemsOf, itemsOf.prototype]) {
  freeze(shared);
}
