/**
 * Decodes what an executor sends, checked like a stranger's input: its scripts are not trusted, and one of them may
 * have taken over the link. These checks are stateless; process.ts knows the calls in flight.
 */
import { limits } from "../../limits/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { readUint32 } from "../../encoding/mod.ts";
import type { StreamMessage } from "../call.ts";
import { shortened } from "../thrown.ts";
import {
  consoleLevels,
  type ConsoleLine,
  type LinkException,
  linkExceptionTypes,
  pongRoute,
  type Ready,
} from "../link.ts";

/** Where a line was printed. */
const locationPattern = /^[0-9a-f]{64}\.js:\d{1,9}:\d{1,9}$/;

/** Header of a script call's arguments. */
const callNumberBytes = 4;

/** An illegal frame from an executor; the message says what was wrong. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

/** Receives an executor's messages. Payloads are views, valid until the method returns. */
export interface LinkHandlers {
  /** It is about to load the script of an overload. */
  loading(overload: number): void;
  ready(ready: Ready): void;
  result(call: number, payload: Uint8Array): void;
  exception(call: number, exception: LinkException): void;
  open(call: number): void;
  item(call: number, payload: Uint8Array): void;
  credit(call: number, stream: number, bytes: number): void;
  console(line: ConsoleLine): void;
  /** When a call's script ran, in milliseconds of UNIX time. */
  ran(call: number, startMs: number, endMs: number): void;
  /** It has read a ping. @param isQueueAhead Whether calls are queued, so that the ping must wait for its turn. */
  pong(ping: number, isQueueAhead: boolean): void;
  /** A ping has had its turn among the calls. */
  turn(ping: number): void;
  /** A script makes a call. The body holds the number of the call that it runs for, and the arguments. */
  scriptCall(number: number, target: number, body: Uint8Array): void;
  /** A script sends an item, the end of items, or credit for a stream of its call. */
  scriptStream(number: number, message: StreamMessage): void;
  /** A script cancels its call. */
  scriptCancel(number: number): void;
}

/** Decodes the frames of one executor. */
export class LinkReader {
  readonly #handlers: LinkHandlers;
  readonly #overloadCount: number;
  readonly #resultBytesMax: number;
  readonly #targetCount: number;
  #isReady = false;

  constructor(
    handlers: LinkHandlers,
    bounds: {
      readonly overloadCount: number;
      readonly resultBytesMax: number;
      readonly targetCount: number;
    },
  ) {
    this.#handlers = handlers;
    this.#overloadCount = bounds.overloadCount;
    this.#resultBytesMax = bounds.resultBytesMax;
    this.#targetCount = bounds.targetCount;
  }

  /** The largest body accepted now, in bytes. */
  get bodyBytesMax(): number {
    return this.#isReady
      ? Math.max(this.#resultBytesMax + callNumberBytes, limits.linkTextBytesMax)
      : limits.readyBytesMax;
  }

  /** Handles a frame. @throws {BrokenRule} If an executor must not send it. */
  take(kind: number, route: number, call: number, body: Uint8Array): void {
    const handlers = this.#handlers;
    switch (kind) {
      case FrameKind.result:
        this.#checkPayload("a result", body);
        return handlers.result(call, body);
      case FrameKind.exception:
        return handlers.exception(call, readException(body));
      case FrameKind.open:
        checkLength("an open", body, 0);
        return handlers.open(call);
      case FrameKind.item:
        this.#checkPayload("an item", body);
        return handlers.item(call, body);
      case FrameKind.credit:
        checkLength("a credit", body, 4);
        return handlers.credit(call, route, readUint32(body, 0));
      case FrameKind.timing: {
        const { startMs, endMs } = readObject("a timing", body);
        if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) {
          throw new BrokenRule("it sent a timing without times");
        }
        return handlers.ran(call, startMs as number, endMs as number);
      }
      case FrameKind.console:
        return handlers.console(readConsoleLine(body));
      case FrameKind.pong:
        checkLength("a pong", body, 0);
        if (route === pongRoute.turn) return handlers.turn(call);
        if (route === pongRoute.read || route === pongRoute.queueAhead) {
          return handlers.pong(call, route === pongRoute.queueAhead);
        }
        throw new BrokenRule(`it sent a pong of kind ${route}`);
      case FrameKind.load:
        checkLength("a load", body, 0);
        if (this.#isReady) throw new BrokenRule("it reported loading after it had loaded");
        this.#checkOverload(route);
        return handlers.loading(route);
      case FrameKind.ready:
        if (this.#isReady) throw new BrokenRule("it reported ready twice");
        this.#isReady = true;
        return handlers.ready(this.#readReady(body));
      case FrameKind.scriptCall:
        if (!this.#isReady) throw new BrokenRule("it made a call before it was ready");
        if (route >= this.#targetCount) {
          throw new BrokenRule("it made a call that it was not granted");
        }
        if (body.length < callNumberBytes) {
          throw new BrokenRule("it made a call outside of any call");
        }
        this.#checkPayload("arguments", body.subarray(callNumberBytes));
        return handlers.scriptCall(call, route, body);
      case FrameKind.scriptItem:
        this.#checkPayload("an item", body);
        return handlers.scriptStream(call, { kind: FrameKind.item, stream: route, body });
      case FrameKind.scriptEnd:
        checkLength("an end", body, 0);
        return handlers.scriptStream(call, { kind: FrameKind.end, stream: route, body });
      case FrameKind.scriptCredit:
        checkLength("a credit", body, 4);
        return handlers.scriptStream(call, { kind: FrameKind.credit, stream: route, body });
      case FrameKind.scriptCancel:
        checkLength("a cancel", body, 0);
        return handlers.scriptCancel(call);
      default:
        throw new BrokenRule(`it sent a frame of kind ${kind}`);
    }
  }

  #checkPayload(what: string, body: Uint8Array): void {
    if (body.length <= this.#resultBytesMax) return;
    throw new BrokenRule(
      `it sent ${what} of ${body.length} bytes, ${this.#resultBytesMax} are allowed`,
    );
  }

  #checkOverload(overload: unknown): void {
    if (isCount(overload) && overload < this.#overloadCount) return;
    throw new BrokenRule("it named an overload that it does not have");
  }

  #readReady(body: Uint8Array): Ready {
    const { problems } = readObject("a ready", body);
    if (!Array.isArray(problems) || problems.length > this.#overloadCount) {
      throw new BrokenRule("it sent a ready without a list of problems");
    }
    return {
      problems: problems.map((problem: unknown) => {
        const { overload, message, stack } = (problem ?? {}) as Record<string, unknown>;
        this.#checkOverload(overload);
        if (typeof message !== "string" || !(stack === undefined || typeof stack === "string")) {
          throw new BrokenRule("it sent a problem without a message");
        }
        return {
          overload: overload as number,
          message: shortened(message),
          stack: stack?.slice(0, limits.loadStackLengthMax),
        };
      }),
    };
  }
}

function readException(body: Uint8Array): LinkException {
  const { type, message, stack } = readObject("an exception", body);
  const known = linkExceptionTypes.find((each) => each === type);
  if (known === undefined) throw new BrokenRule("it sent an exception that is not a script's");
  if (typeof message !== "string" || !(stack === undefined || typeof stack === "string")) {
    throw new BrokenRule("it sent an exception without a message");
  }
  return { type: known, message: shortened(message), stack: stack && shortened(stack) };
}

function readConsoleLine(body: Uint8Array): ConsoleLine {
  const { level, text, call, place } = readObject("a console line", body);
  const known = consoleLevels.find((each) => each === level);
  if (known === undefined) throw new BrokenRule("it sent a console line of an unknown level");
  if (typeof text !== "string" || !(call === undefined || isCount(call))) {
    throw new BrokenRule("it sent a console line without text");
  }
  const isPlace = typeof place === "string" && locationPattern.test(place);
  if (place !== undefined && !isPlace) throw new BrokenRule("it sent a console line of no place");
  return { level: known, text: cut(text), call, place: isPlace ? place : undefined };
}

/** Truncates to the maximum bytes of a line in UTF-8. */
function cut(text: string): string {
  const bytesMax = limits.scriptLogLineBytesMax;
  if (text.length * 3 <= bytesMax) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax));
  return text.slice(0, read);
}

function readObject(what: string, body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new BrokenRule(`it sent ${what} that is not JSON`);
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new BrokenRule(`it sent ${what} that is not an object`);
}

function checkLength(what: string, body: Uint8Array, bytes: number): void {
  if (body.length === bytes) return;
  throw new BrokenRule(`it sent ${what} of ${body.length} bytes, which has ${bytes}`);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
