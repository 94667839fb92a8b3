/** Requests: what a peer may ask a node besides calls, and what the node answers. */
import { MalformedMessage } from "../errors/mod.ts";
import {
  decodeObject,
  encodeJson,
  isCount,
  isListOf,
  isObject,
  isOptionalString,
  isStrings,
} from "./_body.ts";
import { readUint32, writeUint32 } from "./frame.ts";
import type { Manifest } from "./manifest.ts";
import type { ScriptId } from "./script_id.ts";
import { describeValue } from "./type_mismatch.ts";

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
  const [value, attachment] = splitControl(body, "a request");
  if (!isRequest(value)) {
    throw new MalformedMessage(
      `this node does not know the request ${describeValue(value.op)} in this form; ` +
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
      return isListOf(value.scripts, isSentScript);
    case "stage":
      return isObject(value.manifest) && typeof value.deployer === "string";
    case "commit":
    case "abort":
      return true;
    default:
      return false;
  }
}

function isSentScript(value: unknown): boolean {
  return isObject(value) && typeof value.id === "string" && isCount(value.bytes);
}

/** Reads the response to a request of this `op`. @throws {MalformedMessage} If it is none. */
export function decodeResponse<Op extends Request["op"]>(op: Op, body: Uint8Array): Responses[Op] {
  const [value] = splitControl(body, "a response");
  if (isResponse(op, value)) return value;
  throw new MalformedMessage(
    `the node answered "${op}" in a form that this version does not know; ` +
      "use the same version of farcall on both sides",
  );
}

function isResponse<Op extends Request["op"]>(
  op: Op,
  value: Record<string, unknown>,
): value is Record<string, unknown> & Responses[Op] {
  switch (op) {
    case "describe":
      return isCount(value.generation) && isListOf(value.services, isDescribedService);
    case "observe":
      return typeof value.node === "string" && isCount(value.generation) &&
        (value.manifest === undefined || isObject(value.manifest)) && isStrings(value.missing);
    case "put":
      return isCount(value.kept);
    case "stage":
    case "commit":
      return isCount(value.generation);
    default:
      return true;
  }
}

function isDescribedService(value: unknown): boolean {
  return isObject(value) && typeof value.name === "string" &&
    isOptionalString(value.description) && isListOf(value.overloads, isDescribedOverload);
}

function isDescribedOverload(value: unknown): boolean {
  return isObject(value) && typeof value.rpc === "string" && isOptionalString(value.description) &&
    isStrings(value.args) && isStrings(value.returns);
}
