/**
 * JSON-RPC 2.0 (https://www.jsonrpc.org/specification): decodes requests and encodes responses.
 *
 * ```text
 * {"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":1}
 * {"jsonrpc":"2.0","result":5,"id":1}
 * ```
 *
 * A method is `SERVICE.RPC`. Our own members are `client`, the caller's client name, and `traceparent` and
 * `tracestate`, the request's trace context. A request that proves a key is a string within another message:
 *
 * ```text
 * {"jsonrpc":"2.0","value":"{\"jsonrpc\":\"2.0\",…}","key":"ed25519:…","signature":"…"}
 * ```
 */
import { type TraceContext, traceContext } from "../../context/mod.ts";
import {
  type ExceptionType,
  MalformedMessage,
  messageOf,
  type RpcException,
  RpcNotFound,
} from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import {
  checkJson,
  cutMessage,
  decodeJsonText,
  describeValue,
  isObject,
  parseJson,
  RepeatedKey,
  stringifyJson,
} from "../../encoding/mod.ts";
import { field, type Fields, wrong as wrongField } from "./_json_fields.ts";
import { isSigned, signedFields, signedProof } from "./_signed_json.ts";
import type { JsonArguments } from "./named_arguments.ts";
import { jsonRpcStatement, type RequestProof } from "../../identity/mod.ts";

/** A request id. */
export type JsonRpcId = string | number | bigint | null;

/** One request of a message. */
export type JsonRpcItem =
  | {
    readonly kind: "call";
    /** Undefined for a notification, which gets no response. */
    readonly id: JsonRpcId | undefined;
    readonly service: string;
    readonly rpc: string;
    readonly arguments: JsonArguments;
    /** The client name that the caller claims. */
    readonly client: string | undefined;
    /** The proof of a key, if any. */
    readonly proof?: RequestProof;
    /** Its trace context. */
    readonly trace?: TraceContext;
  }
  | {
    readonly kind: "mistake";
    /** Undefined for a notification, which gets no response. */
    readonly id: JsonRpcId | undefined;
    readonly code: number;
    readonly exception: RpcException;
  };

/** A message: one request, or a batch of them. */
export interface JsonRpcMessage {
  readonly isBatch: boolean;
  /** Exactly one if it is not a batch. */
  readonly items: readonly JsonRpcItem[];
}

/** The message is not JSON. */
const parseErrorCode = -32700;

/** The error codes: those of the specification where it has one, our own from -32000 down. */
export const jsonRpcCodes: Readonly<Record<ExceptionType, number>> = {
  "Execution Exception": -32000,
  "Invalid Arguments": -32602,
  "Service Not Found": -32601,
  "RPC Not Found": -32601,
  "Client Not Registered": -32601,
  "Deadline Exceeded": -32001,
  "Cancelled": -32002,
  "Overloaded": -32003,
  "Unauthenticated": -32004,
  "Deploy Rejected": -32005,
  "Malformed Message": -32600,
  "Message Too Large": -32006,
  "Server Draining": -32007,
  "Unavailable": -32008,
  "Internal Error": -32603,
};

const example = '{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":1}';

const decoder = new TextDecoder();

const encoder = new TextEncoder();
const version = encoder.encode("jsonrpc");
const method = encoder.encode('method"');

/** Whether a message contains a marker of JSON-RPC anywhere. Its text is decoded only in that case. */
function mentionsJsonRpc(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === version[0] && isAt(bytes, index, version)) return true;
    if (byte === method[0] && bytes[index - 1] === 0x22 && isAt(bytes, index, method)) return true;
  }
  return false;
}

function isAt(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let index = 1; index < name.length; index++) {
    if (bytes[start + index] !== name[index]) return false;
  }
  return true;
}

/**
 * Whether a message is meant as JSON-RPC rather than as a request of the original protocol: it has members of the
 * former, and not the latter's header. A message that is not JSON, or incomplete, is judged by its text.
 */
export function isJsonRpc(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x5b) return true; // [
  if (!mentionsJsonRpc(bytes)) return false;
  const text = decoder.decode(bytes);
  try {
    const message = parseJson(text);
    return isObject(message) && !Object.hasOwn(message, "header") &&
      (Object.hasOwn(message, "jsonrpc") || Object.hasOwn(message, "method"));
  } catch {
    return namesJsonRpc(text);
  }
}

/** Whether input that is not JSON, or incomplete, was meant as JSON-RPC, judging by its text. */
export function isBrokenJsonRpc(bytes: Uint8Array): boolean {
  return bytes[0] === 0x5b || namesJsonRpc(decoder.decode(bytes)); // [
}

/** Also without quotes, or with those of other languages; but not in a request of the original protocol. */
function namesJsonRpc(text: string): boolean {
  return text.includes("jsonrpc") && !text.includes("header") && !text.includes("RPC-REQ");
}

/** Parses a message. Never throws: an invalid request becomes an item, which is answered like any other. */
export function parseJsonRpc(
  bytes: Uint8Array,
  requestsMax: number = limits.batchRequestsMax,
): JsonRpcMessage {
  let message: unknown;
  try {
    const text = decodeJsonText(bytes);
    checkJson(text);
    message = parseJson(text);
  } catch (cause) {
    const exception = new MalformedMessage(messageOf(cause), { cause });
    // JSON permits a duplicate key; a request does not.
    const code = cause instanceof RepeatedKey ? undefined : parseErrorCode;
    return { isBatch: false, items: [mistake(exception, null, code)] };
  }
  if (!Array.isArray(message)) return { isBatch: false, items: [parseItem(message)] };
  const refusal = message.length === 0
    ? "an empty batch asks for nothing"
    : message.length > requestsMax
    ? `a batch of ${message.length} requests is too long: at most ${requestsMax}`
    : undefined;
  if (refusal === undefined) return { isBatch: true, items: message.map(parseItem) };
  return { isBatch: false, items: [mistake(new MalformedMessage(refusal), null)] };
}

/** The parts of a response before and after its result. */
export function jsonRpcResultFrame(id: JsonRpcId): { before: string; after: string } {
  return { before: '{"jsonrpc":"2.0","result":', after: `,"id":${stringifyJson(id)}}` };
}

/** Encodes the response to a failed request. */
export function formatJsonRpcError(
  id: JsonRpcId,
  exception: { readonly type: ExceptionType; readonly message: string },
  code: number = jsonRpcCodes[exception.type],
): string {
  const { type } = exception;
  const message = cutMessage(exception.message);
  const error = {
    code,
    message: `${type}: ${message}`,
    data: { "exception-type": type, "exception-message": message },
  };
  return `{"jsonrpc":"2.0","error":${JSON.stringify(error)},"id":${stringifyJson(id)}}`;
}

/** Encodes the answer to a message that cannot be read, with its newline. */
export function formatJsonRpcUnread(
  exception: { readonly type: ExceptionType; readonly message: string },
): string {
  const code = exception.type === "Malformed Message" ? parseErrorCode : undefined;
  return formatJsonRpcError(null, exception, code) + "\n";
}

/** Parses one request, signed or not. */
function parseItem(message: unknown): JsonRpcItem {
  if (!isObject(message) || !isSigned(message)) return parseRequest(message);
  let id: JsonRpcId | undefined = null;
  try {
    const fields = signedFields(message);
    const item = parseRequest(fields);
    id = item.id;
    if (item.kind === "mistake") return item;
    return { ...item, proof: signedProof(message, fields, jsonRpcStatement) };
  } catch (exception) {
    if (!(exception instanceof MalformedMessage)) throw exception;
    return mistake(exception, id);
  }
}

function parseRequest(value: unknown): JsonRpcItem {
  const fields: Fields = isObject(value) ? value : {};
  const id = field(fields, "id");
  const knownId = isId(id) ? id : null;
  try {
    if (!isObject(value)) throw wrong("a request", "an object", value);
    if (id !== undefined && !isId(id)) throw wrong('"id"', "a text, a finite number or null", id);
    const version = field(fields, "jsonrpc");
    if (version !== "2.0") throw wrong('"jsonrpc"', '"2.0"', version);
    const method = field(fields, "method");
    if (typeof method !== "string") throw wrong('"method"', "a text", method);
    const client = field(fields, "client") ?? undefined;
    if (client !== undefined && typeof client !== "string") {
      throw wrong('"client"', "the name of a client", client);
    }
    const params = field(fields, "params") ?? [];
    if (!Array.isArray(params) && !isObject(params)) {
      throw wrong('"params"', "a list or an object", params);
    }
    const dot = method.indexOf(".");
    if (dot > 0 && dot < method.length - 1) {
      const [service, rpc] = [method.slice(0, dot), method.slice(dot + 1)];
      const trace = traceContext(field(fields, "traceparent"), field(fields, "tracestate"));
      const call = { kind: "call", id, service, rpc, arguments: params, client } as const;
      return trace === undefined ? call : { ...call, trace };
    }
    const got = describeValue(method);
    return mistake(new RpcNotFound(`a method is SERVICE.RPC, such as "math.add"; got ${got}`), id);
  } catch (exception) {
    if (!(exception instanceof MalformedMessage)) throw exception;
    return mistake(exception, knownId);
  }
}

function mistake(
  exception: RpcException,
  id: JsonRpcId | undefined,
  code: number = jsonRpcCodes[exception.code],
): JsonRpcItem {
  return { kind: "mistake", id, code, exception };
}

function isId(value: unknown): value is JsonRpcId {
  return typeof value === "string" || typeof value === "bigint" || value === null ||
    Number.isFinite(value);
}

function wrong(place: string, expected: string, value: unknown): MalformedMessage {
  const { message } = wrongField(place, expected, value);
  return new MalformedMessage(`${message}; a request is, for example, ${example}`);
}
