/**
 * The text framing: the original protocol, one JSON object each way.
 *
 * ```text
 * {"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add","arguments":["2","3"],
 *   "argument-types":["int","int"],"return-types":["int"]}}
 * {"header":"RPC-RES","value":{"return-values":["5"],"script":"64 hex digits"}}
 * {"header":"RPC-EX","value":{"exception-type":"RPC Not Found","exception-message":""}}
 * ```
 *
 * `type` is accepted for `header`; unknown fields are ignored.
 */
import { type TraceContext, traceContext } from "../../context/mod.ts";
import { MalformedMessage } from "../../errors/mod.ts";
import { cutMessage, decodeJsonText, isObject, stringifyJson } from "../../encoding/mod.ts";
import {
  asArray,
  asString,
  asStrings,
  field,
  type Fields,
  optional,
  parseObjectText,
  required,
  wrong,
} from "./_json_fields.ts";
import { isSigned, signedFields, signedProof } from "./_signed_json.ts";
import {
  isScriptPin,
  type RequestProof,
  type ScriptId,
  type ScriptPin,
  scriptPinForm,
  type SigningKey,
  textStatement,
} from "../../identity/mod.ts";

export { JsonObjectScanner } from "./_object_scanner.ts";

/** A call in the text framing. */
export interface TextRequest {
  /** The client name that the caller claims; undefined if its address decides. */
  readonly client?: string;
  /** The name of the service. */
  readonly service: string;
  /** The name of the rpc. */
  readonly rpc: string;
  /** Texts in the string form, native JSON (as `parseJson` returns it), or both. */
  readonly arguments: readonly unknown[];
  /** Type expressions in any spelling. */
  readonly argumentTypes?: readonly string[];
  /** Type expressions in any spelling. */
  readonly returnTypes?: readonly string[];
  /** The script that must serve it; undefined for any. */
  readonly script?: ScriptPin;
  /** The proof of a key, if any. */
  readonly proof?: RequestProof;
  /** Its trace context. */
  readonly trace?: TraceContext;
}

/** The response to a {@linkcode TextRequest}. */
export type TextResponse =
  | { readonly kind: "result"; readonly returnValues: readonly unknown[]; readonly script?: string }
  | {
    readonly kind: "exception";
    readonly exceptionType: string;
    readonly exceptionMessage: string;
    readonly script?: string;
    /** Whether the node had not read the whole request: nothing has run. */
    readonly isUnread: boolean;
  };

/**
 * Whether a call uses the string form, as in the original protocol: all its arguments are texts, or it has none. Its
 * return values are then texts, too; otherwise they are native JSON.
 */
export function stringsIn(values: readonly unknown[]): values is readonly string[] {
  return values.every((value) => typeof value === "string");
}

const requestExample = '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add",' +
  '"arguments":["2","3"],"argument-types":["int","int"],"return-types":["int"]}}';

/**
 * Parses a request.
 *
 * @param bytes One JSON object, as `JsonObjectScanner` returns it.
 * @throws {MalformedMessage} If it is malformed. The message names the field and shows a valid request.
 */
export function parseTextRequest(bytes: Uint8Array): TextRequest {
  try {
    const message = parseObject(bytes);
    const hasProof = isSigned(message);
    const value = hasProof ? signedFields(message) : asFields(field(message, "value"));
    const header = headerOf(message);
    if (header !== "RPC-REQ") throw wrong('"header"', '"RPC-REQ"', header);
    const trace = traceContext(field(value, "traceparent"), field(value, "tracestate"));
    return {
      client: optional(value, "client", asString),
      service: required(value, "service", asString),
      rpc: required(value, "rpc", asString),
      arguments: required(value, "arguments", asArray),
      argumentTypes: optional(value, "argument-types", asStrings),
      returnTypes: optional(value, "return-types", asStrings),
      script: optional(value, "script", asPin),
      ...(trace !== undefined && { trace }),
      ...(hasProof && { proof: signedProof(message, value, textStatement) }),
    };
  } catch (cause) {
    if (!(cause instanceof MalformedMessage)) throw cause;
    throw new MalformedMessage(`${cause.message}; a request is, for example, ${requestExample}`, {
      cause: cause.cause,
    });
  }
}

/**
 * Encodes a request, for clients; needs no newline after it.
 *
 * @throws {TypeError} If an argument has no JSON form.
 */
export function formatTextRequest(request: TextRequest): string {
  return stringifyJson({ header: "RPC-REQ", value: fieldsOf(request) });
}

/** The signed part of a request. */
export interface TextClaim {
  readonly key: SigningKey;
  /** The address that the caller connected to. */
  readonly to: string;
  /** Milliseconds since the UNIX epoch. */
  readonly timeMs: number;
  readonly nonce: string;
}

/** Encodes a request that proves a key. @throws {TypeError} As {@linkcode formatTextRequest}. */
export async function formatSignedTextRequest(
  request: TextRequest,
  { key, to, timeMs, nonce }: TextClaim,
): Promise<string> {
  const value = stringifyJson({ ...fieldsOf(request), to, time: timeMs, nonce });
  const signature = await key.sign(textStatement(value));
  return JSON.stringify({ header: "RPC-REQ", key: key.publicKey, signature, value });
}

function fieldsOf(request: TextRequest): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  if (request.client !== undefined) value.client = request.client;
  value.service = request.service;
  value.rpc = request.rpc;
  value.arguments = request.arguments;
  if (request.argumentTypes !== undefined) value["argument-types"] = request.argumentTypes;
  if (request.returnTypes !== undefined) value["return-types"] = request.returnTypes;
  if (request.script !== undefined) value.script = request.script;
  if (request.trace !== undefined) Object.assign(value, request.trace);
  return value;
}

/**
 * The parts of a result before and after its return values, including the newline.
 *
 * @param script The script that returned them.
 */
export function textResultFrame(script: ScriptId): { before: string; after: string } {
  return {
    before: '{"header":"RPC-RES","value":{"return-values":',
    // Hex digits, which need no escapes.
    after: `,"script":"${script}"}}\n`,
  };
}

/** Encodes an exception, with its newline. @param script The called script, if any. */
export function formatTextException(type: string, message: string, script?: ScriptId): string {
  const value = { "exception-type": type, "exception-message": cutMessage(message), script };
  return JSON.stringify({ header: "RPC-EX", value }) + "\n";
}

/** Encodes the answer to a request that is not read to its end, with its newline. */
export function formatTextUnread(type: string, message: string): string {
  const value = { "exception-type": type, "exception-message": message, unread: true };
  return JSON.stringify({ header: "RPC-EX", value }) + "\n";
}

/**
 * Parses a result or an exception, for clients.
 *
 * @param bytes One JSON object, as `JsonObjectScanner` returns it.
 * @throws {MalformedMessage} If it is neither.
 */
export function parseTextResponse(bytes: Uint8Array): TextResponse {
  const { header, value } = messageFields(bytes);
  switch (header) {
    case "RPC-RES":
      return {
        kind: "result",
        returnValues: required(value, "return-values", asArray),
        script: optional(value, "script", asString),
      };
    case "RPC-EX":
      return {
        kind: "exception",
        exceptionType: required(value, "exception-type", asString),
        exceptionMessage: required(value, "exception-message", asString),
        script: optional(value, "script", asString),
        isUnread: field(value, "unread") === true,
      };
    default:
      throw wrong('"header"', '"RPC-RES" or "RPC-EX"', header);
  }
}

function messageFields(bytes: Uint8Array): { header: unknown; value: Fields } {
  const message = parseObject(bytes);
  return { header: headerOf(message), value: asFields(field(message, "value")) };
}

function headerOf(message: Fields): unknown {
  return field(message, "header") ?? field(message, "type");
}

function asFields(value: unknown): Fields {
  if (!isObject(value)) throw wrong('"value"', "an object", value);
  return value;
}

function parseObject(bytes: Uint8Array): Fields {
  return parseObjectText(decodeJsonText(bytes), "a text message");
}

function asPin(value: unknown, place: string): ScriptPin {
  if (!isScriptPin(value)) throw wrong(place, scriptPinForm, value);
  return value;
}
