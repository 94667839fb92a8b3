/**
 * The bodies of frames as closed unions, and their encoding. Bodies of calls and results are payloads, which only a
 * signature can decode.
 */
import {
  exceptionOf,
  type ExceptionType,
  MalformedMessage,
  MessageTooLarge,
  type RpcException,
} from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  cutMessage,
  decodeObject,
  describeValue,
  encodeJson,
  isCount,
  isOptionalString,
  isStrings,
} from "../encoding/mod.ts";
import {
  isPublicKey,
  isScriptPin,
  type PublicKey,
  publicKeyForm,
  type ScriptId,
  type ScriptPin,
  scriptPinForm,
} from "../identity/mod.ts";

export { encodeJson } from "../encoding/mod.ts";

/** The first frame of each side: version, identity and bounds. */
export interface Hello {
  readonly version: number;
  /** For logs, e.g. `farcall/0.1.0`. */
  readonly software: string;
  /** The largest frame body that the sender accepts, in bytes; at least `limits.messageBytesMaxLeast`. */
  readonly messageBytesMax: number;
  /** The caller's client name in init.yaml; left out, the node finds it by address. */
  readonly client?: string;
  /** The key that a caller will prove first. */
  readonly key?: PublicKey;
  /** A node's own name. */
  readonly node?: string;
  /** The node's fresh challenge for a caller that claims a key. */
  readonly challenge?: string;
}

/** The meaning of a route number on one connection, until it is redefined. */
export interface Route {
  readonly service: string;
  readonly rpc: string;
  /** Canonical type expressions of the overload's arguments. */
  readonly argumentTypes: readonly string[];
  /** Canonical type expressions of its result. */
  readonly returnTypes: readonly string[];
  /** The script that must serve the calls. Default: any. */
  readonly script?: ScriptPin;
  /** Whether the node sends a {@linkcode Timing} before each result. */
  readonly trace?: true;
  /** The trace that its calls belong to, as W3C Trace Context writes it; each call has a route of its own then. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** The depth of nested script calls, which bounds call cycles across nodes. Default: 0. */
  readonly depth?: number;
}

/** The phases of a call at the node, in milliseconds. */
export interface Timing {
  /** From the call's arrival until an executor had it. */
  readonly queueMs: number;
  /** From then until its result arrived. */
  readonly executeMs: number;
}

/** The body of a goodbye: why the sender wants the connection to end. */
export interface Goodbye {
  readonly reason: string;
  /**
   * In the last goodbye, how many calls and requests the sender has taken on this connection. It takes no more: those
   * sent later have not run, and will not.
   */
  readonly taken?: number;
}

/** The body of an exception frame. */
export interface ExceptionBody {
  readonly "exception-type": string;
  readonly "exception-message": string;
  /** The script that was called, if the call got that far. */
  readonly script?: string;
}

/** @throws {MalformedMessage} If it is malformed. */
export function decodeGoodbye(body: Uint8Array): Goodbye {
  const { reason, taken } = decodeObject(body, "a goodbye");
  if (typeof reason === "string" && (taken === undefined || isCount(taken))) {
    return { reason, taken };
  }
  throw new MalformedMessage("a goodbye needs reason (text), and may have taken (number)");
}

function checkSize(body: Uint8Array, what: string, bytesMax: number): void {
  if (body.length <= bytesMax) return;
  throw new MessageTooLarge(
    `${what} of ${body.length} bytes is too large: ${bytesMax} are allowed`,
  );
}

/**
 * Decodes a hello of any version: these fields are the same in all versions.
 *
 * @throws {MalformedMessage} If it is malformed.
 * @throws {MessageTooLarge} If it is larger than `limits.helloBytesMax`.
 */
export function decodeHello(body: Uint8Array): Hello {
  checkSize(body, "a hello", limits.helloBytesMax);
  const value = decodeObject(body, "a hello");
  const { version, software, messageBytesMax, client, key, node, challenge } = value;
  if (
    !isCount(version) || typeof software !== "string" || !isCount(messageBytesMax) ||
    !isOptionalString(client) || !isOptionalString(node) || !isOptionalString(challenge)
  ) {
    throw new MalformedMessage(
      "a hello needs version (number), software (text), messageBytesMax (number), and may name client or node",
    );
  }
  if (messageBytesMax < limits.messageBytesMaxLeast) {
    throw new MalformedMessage(
      `a hello has messageBytesMax ${messageBytesMax}; at least ${limits.messageBytesMaxLeast} are needed`,
    );
  }
  if (key !== undefined && !isPublicKey(key)) {
    throw new MalformedMessage(`the key of a hello must be ${publicKeyForm}`);
  }
  return { version, software, messageBytesMax, client, key, node, challenge };
}

/**
 * @throws {MalformedMessage} If it is malformed.
 * @throws {MessageTooLarge} If it is larger than `limits.routeBytesMax`.
 */
export function decodeRoute(body: Uint8Array): Route {
  checkSize(body, "a route", limits.routeBytesMax);
  const fields = decodeObject(body, "a route");
  const { service, rpc, argumentTypes, returnTypes, script, trace } = fields;
  if (
    typeof service !== "string" || typeof rpc !== "string" || !isStrings(argumentTypes) ||
    !isStrings(returnTypes)
  ) {
    throw new MalformedMessage(
      "a route needs service, rpc (text), argumentTypes and returnTypes (lists of text)",
    );
  }
  if (script !== undefined && !isScriptPin(script)) {
    throw new MalformedMessage(
      `the script of a route must be ${scriptPinForm}; got ${describeValue(script)}`,
    );
  }
  if (trace !== undefined && trace !== true) {
    throw new MalformedMessage(`the trace of a route must be true; got ${describeValue(trace)}`);
  }
  const { traceparent, tracestate, depth } = fields;
  if (depth !== undefined && !(Number.isSafeInteger(depth) && depth as number > 0)) {
    throw new MalformedMessage(
      `the depth of a route must be a whole number from 1 on; got ${describeValue(depth)}`,
    );
  }
  const route: Route = {
    service,
    rpc,
    argumentTypes,
    returnTypes,
    script,
    trace,
    ...(depth !== undefined && { depth: depth as number }),
  };
  if (typeof traceparent !== "string") return route;
  return { ...route, traceparent, ...(typeof tracestate === "string" && { tracestate }) };
}

/** @throws {MalformedMessage} If it is malformed. */
export function decodeTiming(body: Uint8Array): Timing {
  const { queueMs, executeMs } = decodeObject(body, "a timing");
  if (typeof queueMs === "number" && typeof executeMs === "number") return { queueMs, executeMs };
  throw new MalformedMessage("a timing needs queueMs and executeMs (numbers)");
}

/** The body of an exception frame for this exception. Its cause stays here. */
export function encodeException(exception: RpcException, script?: ScriptId): Uint8Array {
  return encodeExceptionBody(exception.code, exception.message, script);
}

/** The body of an exception frame; a message longer than `limits.exceptionMessageLengthMax` is truncated. */
export function encodeExceptionBody(
  type: ExceptionType,
  message: string,
  script?: ScriptId,
): Uint8Array {
  const body: ExceptionBody = {
    "exception-type": type,
    "exception-message": cutMessage(message),
    ...(script === undefined ? {} : { script }),
  };
  return encodeJson(body);
}

/** Decodes an exception frame's body. @throws {MalformedMessage} If it is malformed. */
export function decodeException(body: Uint8Array, node?: string): RpcException {
  const value = decodeObject(body, "an exception");
  const type = value["exception-type"];
  const message = value["exception-message"];
  const { script } = value;
  if (typeof type !== "string" || typeof message !== "string" || !isOptionalString(script)) {
    throw new MalformedMessage(
      "an exception needs exception-type and exception-message (text), and may name its script",
    );
  }
  return exceptionOf(cutMessage(type), cutMessage(message), { node, script });
}
