/**
 * What the bodies of frames say, as closed unions, and how they are read and written. Bodies of calls
 * and results are not here: they are payloads that only a signature can read.
 */
import { type ExceptionType, MalformedMessage, type RpcException } from "../errors/mod.ts";
import { exceptionOf } from "../errors/mod.ts";
import { readUint32, writeUint32 } from "./frame.ts";
import type { Manifest } from "./manifest.ts";
import type { ScriptId } from "./script_id.ts";

/** The first frame of each side: version, who speaks, and the bounds that it keeps to. */
export interface Hello {
  readonly version: number;
  /** For logs, e.g. `farcall/0.1.0`. */
  readonly software: string;
  /** The largest frame body that the sender accepts, in bytes. */
  readonly messageBytesMax: number;
  /** A caller's own name in init.yaml; left out where it lets the node find it by address. */
  readonly client?: string;
  /** A node's own name. */
  readonly node?: string;
}

/** What a route number stands for on one connection, from the frame that says it until the next. */
export interface Route {
  readonly service: string;
  readonly rpc: string;
  /** Canonical type expressions of the overload's arguments. */
  readonly argumentTypes: readonly string[];
  /** Canonical type expressions of what it returns. */
  readonly returnTypes: readonly string[];
}

/** A signature as `describe` shows it. */
export interface DescribedOverload {
  readonly rpc: string;
  readonly description?: string;
  readonly args: readonly string[];
  readonly returns: readonly string[];
}

/** A service as `describe` shows it: only what the caller may call. */
export interface DescribedService {
  readonly name: string;
  readonly description?: string;
  readonly overloads: readonly DescribedOverload[];
}

/** A script on its way to a node: where it lies in the attachment once that is unpacked. */
export interface SentScript {
  readonly id: ScriptId;
  readonly bytes: number;
}

/** What a peer may ask a node besides calls. Deployment is for those who may deploy. */
export type Request =
  /** What may I call? Of one service, or of all. */
  | { readonly op: "describe"; readonly service?: string }
  /** What do you run, and which of these scripts do you not have? */
  | { readonly op: "observe"; readonly scripts: readonly ScriptId[] }
  /** Keep these scripts: the attachment is their bytes, one after the other, gzip-compressed. */
  | { readonly op: "put"; readonly scripts: readonly SentScript[] }
  /** Prepare to run this. */
  | { readonly op: "stage"; readonly manifest: Manifest; readonly deployer: string }
  /** Run what was staged on this connection. */
  | { readonly op: "commit" }
  /** Forget what was staged on this connection. */
  | { readonly op: "abort" };

/** What a node answers, by the request's `op`. */
export interface Responses {
  describe: { readonly generation: number; readonly services: readonly DescribedService[] };
  observe: {
    readonly node: string;
    readonly generation: number;
    readonly manifest?: Manifest;
    readonly missing: readonly ScriptId[];
  };
  put: { readonly kept: number };
  stage: { readonly generation: number };
  commit: { readonly generation: number };
  abort: Record<never, never>;
}

/** The body of a goodbye: why the sender takes no more calls on this connection. */
export interface Goodbye {
  readonly reason: string;
}

/** The body of an exception frame. */
export interface ExceptionBody {
  readonly "exception-type": string;
  readonly "exception-message": string;
  /** The script that raised it, where one did. */
  readonly script?: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A value as the JSON body of a frame. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** Reads the JSON body of a frame. @throws {MalformedMessage} If it is not a JSON object. */
function decodeObject(body: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(body));
  } catch (cause) {
    throw new MalformedMessage(`the body of ${what} is not JSON`, { cause });
  }
  if (!isObject(value)) throw new MalformedMessage(`the body of ${what} is not a JSON object`);
  return value;
}

/** @throws {MalformedMessage} If it is not a hello. */
export function decodeHello(body: Uint8Array): Hello {
  const value = decodeObject(body, "hello");
  const { version, software, messageBytesMax, client, node } = value;
  if (
    !isCount(version) || typeof software !== "string" || !isCount(messageBytesMax) ||
    !isOptionalString(client) || !isOptionalString(node)
  ) {
    throw new MalformedMessage(
      "a hello needs version (number), software (text), messageBytesMax (number), and may name client or node",
    );
  }
  return { version, software, messageBytesMax, client, node };
}

/** @throws {MalformedMessage} If it is not a route. */
export function decodeRoute(body: Uint8Array): Route {
  const { service, rpc, argumentTypes, returnTypes } = decodeObject(body, "route");
  if (
    typeof service !== "string" || typeof rpc !== "string" || !isStrings(argumentTypes) ||
    !isStrings(returnTypes)
  ) {
    throw new MalformedMessage(
      "a route needs service, rpc (text), argumentTypes and returnTypes (lists of text)",
    );
  }
  return { service, rpc, argumentTypes, returnTypes };
}

/** The body of an exception frame for this exception. Its cause stays here. */
export function encodeException(exception: RpcException, script?: ScriptId): Uint8Array {
  return encodeExceptionBody(exception.code, exception.message, script);
}

/** The body of an exception frame. */
export function encodeExceptionBody(
  type: ExceptionType,
  message: string,
  script?: ScriptId,
): Uint8Array {
  const body: ExceptionBody = {
    "exception-type": type,
    "exception-message": message,
    ...(script === undefined ? {} : { script }),
  };
  return encodeJson(body);
}

/** The exception that a frame's body stands for. @throws {MalformedMessage} If it is none. */
export function decodeException(body: Uint8Array, node?: string): RpcException {
  const value = decodeObject(body, "exception");
  const type = value["exception-type"];
  const message = value["exception-message"];
  if (typeof type !== "string" || typeof message !== "string") {
    throw new MalformedMessage("an exception needs exception-type and exception-message (text)");
  }
  return exceptionOf(type, message, { node });
}

/** @throws {MalformedMessage} If it is not a goodbye. */
export function decodeGoodbye(body: Uint8Array): Goodbye {
  const { reason } = decodeObject(body, "goodbye");
  if (typeof reason !== "string") throw new MalformedMessage("a goodbye needs a reason (text)");
  return { reason };
}

const noAttachment = new Uint8Array(0);

/** The body of a request or a response: u32 length of the JSON, the JSON, the attachment. */
export function encodeControl(value: unknown, attachment = noAttachment): Uint8Array {
  const json = encodeJson(value);
  const body = new Uint8Array(4 + json.length + attachment.length);
  writeUint32(body, 0, json.length);
  body.set(json, 4);
  body.set(attachment, 4 + json.length);
  return body;
}

function splitControl(
  body: Uint8Array,
  what: string,
): [json: Record<string, unknown>, attachment: Uint8Array<ArrayBuffer>] {
  const jsonBytes = body.length < 4 ? Infinity : readUint32(body, 0);
  if (4 + jsonBytes > body.length) {
    throw new MalformedMessage(`the body of ${what} is shorter than it says`);
  }
  return [decodeObject(body.subarray(4, 4 + jsonBytes), what), body.slice(4 + jsonBytes)];
}

/**
 * Reads a request; the attachment is a copy. What it holds is checked in shape, except a manifest,
 * which `checkManifest` reads.
 *
 * @throws {MalformedMessage} If it is none that this version knows.
 */
export function decodeRequest(
  body: Uint8Array,
): { request: Request; attachment: Uint8Array<ArrayBuffer> } {
  const [value, attachment] = splitControl(body, "request");
  if (!isRequest(value)) {
    throw new MalformedMessage(
      `this node does not know the request ${JSON.stringify(value.op)} in this form; ` +
        "a newer farcall may have sent it",
    );
  }
  return { request: value, attachment };
}

function isRequest(value: Record<string, unknown>): value is Record<string, unknown> & Request {
  switch (value.op as Request["op"]) {
    case "describe":
      return isOptionalString(value.service);
    case "observe":
      return isStrings(value.scripts);
    case "put":
      return Array.isArray(value.scripts) &&
        value.scripts.every((script: unknown) =>
          isObject(script) && typeof script.id === "string" && isCount(script.bytes)
        );
    case "stage":
      return isObject(value.manifest) && typeof value.deployer === "string";
    case "commit":
    case "abort":
      return true;
    default:
      return false;
  }
}

/** Reads the response to a request of this `op`. @throws {MalformedMessage} If it is none. */
export function decodeResponse<Op extends Request["op"]>(_op: Op, body: Uint8Array): Responses[Op] {
  return splitControl(body, "response")[0] as Responses[Op];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}
