/**
 * The subset of HTTP/1.1 (RFC 9112) and 1.0 that a node speaks: request heads, parsed strictly, and responses. Refuses
 * features that calls do not need, and anything that two parsers could understand differently.
 */
import {
  type ExceptionType,
  MalformedMessage,
  MessageTooLarge,
  type RpcException,
} from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { cutMessage, quoteBriefly } from "../../encoding/mod.ts";

/** Why a request is refused by HTTP's rules, before it is a call. It ends the connection. */
export class HttpRefusal extends Error {
  /** Always `HttpRefusal`. */
  override readonly name = "HttpRefusal";

  constructor(
    /** The status of the response. */
    readonly status: number,
    /** The content of its body. */
    readonly exception: RpcException,
    /** Header fields that belong to the status. */
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(exception.message);
  }
}

/** The head of a request. */
export interface HttpHead {
  readonly method: string;
  readonly version: "1.0" | "1.1";
  /** As sent. */
  readonly target: string;
  /**
   * The node's name in the request: from the target if it contains one, else from the Host field; undefined without
   * either.
   */
  readonly host: string | undefined;
  /** The decoded segments of the path: `/math/add` is `["math", "add"]`. */
  readonly path: readonly string[];
  /** By lower-case name; repeated fields are joined with commas. */
  readonly fields: ReadonlyMap<string, string>;
}

/** How the end of a body is determined. */
export type BodyFraming =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

/** The status code of a call's exception. */
export const httpStatuses: Readonly<Record<ExceptionType, number>> = {
  "Execution Exception": 500,
  "Invalid Arguments": 422,
  "Service Not Found": 404,
  "RPC Not Found": 404,
  "Client Not Registered": 403,
  "Deadline Exceeded": 504,
  "Cancelled": 499,
  "Overloaded": 503,
  "Unauthenticated": 403,
  "Deploy Rejected": 409,
  "Malformed Message": 400,
  "Message Too Large": 413,
  "Server Draining": 503,
  "Unavailable": 503,
  "Internal Error": 500,
};

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  411: "Length Required",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  422: "Unprocessable Content",
  431: "Request Header Fields Too Large",
  499: "Client Closed Request",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/** Whether a connection that starts with this byte speaks HTTP: methods are in capital letters. */
export function beginsHttp(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/**
 * Finds the end of a head: after its first empty line.
 *
 * @param from Where to continue searching.
 * @returns The offset after it; undefined while it is incomplete.
 * @throws {HttpRefusal} If a line lacks CR LF at its end, or contains a NUL, or the head is longer than
 *   `limits.httpHeadBytesMax`.
 */
export function headEnd(bytes: Uint8Array, from: number): number | undefined {
  const end = Math.min(bytes.length, limits.httpHeadBytesMax);
  for (let index = from; index < end; index++) {
    const byte = bytes[index];
    if (byte === 0) throw malformed("the head of a request holds no NUL");
    // A CR at the end is judged with the next byte.
    if (index > 0 && (bytes[index - 1] === cr) !== (byte === lf)) {
      throw malformed("each line of a head ends with CR LF, and neither stands anywhere else");
    }
    if (byte === lf && bytes[index - 2] === lf) return index + 1;
  }
  if (bytes.length < limits.httpHeadBytesMax) return undefined;
  throw headTooLarge(`the head of a request must not exceed ${limits.httpHeadBytesMax} bytes`);
}

/**
 * Parses a head. Ignores an empty line before it, which some callers send after a body.
 *
 * @param bytes As delimited by {@linkcode headEnd}.
 * @throws {HttpRefusal} If it is malformed.
 */
export function parseHttpHead(bytes: Uint8Array): HttpHead {
  // One character per byte: text beyond ASCII is not interpreted.
  const text = new TextDecoder("latin1").decode(bytes).replace(/^\r\n/, "");
  const [requestLine = "", ...lines] = text.split("\r\n").slice(0, -2);
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/(\d)\.(\d)$/.exec(requestLine);
  if (match === null) {
    throw malformed(
      `a request begins with, for example, "POST /math/add HTTP/1.1"; got ${
        quoteBriefly(requestLine)
      }`,
    );
  }
  const [, method = "", target = "", major, minor = ""] = match;
  if (major !== "1" || minor > "1") {
    throw new HttpRefusal(505, new MalformedMessage("this node speaks HTTP/1.1 and HTTP/1.0"));
  }
  const version = minor === "0" ? "1.0" : "1.1";
  const fields = parseFields(lines);
  const { authority, path } = splitTarget(target);
  const host = fields.get("host");
  return {
    method,
    version,
    target,
    // If the target names the host, the field is ignored (RFC 9112 §3.2.2), but HTTP/1.1 requires it.
    host: host === undefined && version === "1.1" ? undefined : authority ?? host,
    path: parsePath(path),
    fields,
  };
}

/**
 * How the end of a request's body is determined; undefined if it has no body.
 *
 * @param bytesMax The maximum length.
 * @throws {HttpRefusal} If the framing is ambiguous, or the body too large.
 */
export function bodyFraming(
  { fields, version }: HttpHead,
  bytesMax: number = limits.messageBytesMax,
): BodyFraming | undefined {
  const length = fields.get("content-length");
  const coding = fields.get("transfer-encoding");
  if (coding !== undefined) {
    if (version === "1.0") throw malformed("a request in HTTP/1.0 has no Transfer-Encoding");
    if (length !== undefined) {
      throw malformed("a request has a Content-Length or a Transfer-Encoding, not both");
    }
    if (coding.toLowerCase() === "chunked") return { kind: "chunked" };
    throw new HttpRefusal(
      501,
      new MalformedMessage(
        `the only Transfer-Encoding here is chunked, got ${quoteBriefly(coding)}`,
      ),
    );
  }
  if (length === undefined) return undefined;
  if (!/^\d+$/.test(length)) {
    throw malformed(`a Content-Length is a number of bytes, got ${quoteBriefly(length)}`);
  }
  const bytes = Number(length);
  if (bytes > bytesMax) throw bodyTooLarge(bytesMax);
  return bytes === 0 ? undefined : { kind: "length", bytes };
}

/** Whether the connection persists after the response: in HTTP/1.0 only on request. */
export function isKeptAlive({ fields, version }: HttpHead): boolean {
  const options = fields.get("connection")?.toLowerCase().split(",") ?? [];
  const names = options.map((option) => option.trim());
  return !names.includes("close") && (version === "1.1" || names.includes("keep-alive"));
}

/** Tells the client to send the body that it holds back. */
export const continueResponse = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/** A response. */
export interface HttpResponse {
  readonly status: number;
  readonly fields?: Readonly<Record<string, string>>;
  /** JSON, unless the header fields say otherwise; undefined if the status has no body. */
  readonly body?: Uint8Array;
}

/** Encodes a response. A response to `HEAD` announces the length of its body without sending it. */
export function formatHttpResponse(response: HttpResponse, method: string): Uint8Array {
  const { body } = response;
  const head = formatHttpHead(response);
  if (body === undefined || method === "HEAD") return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** Encodes a response up to its body. */
export function formatHttpHead({ status, fields = {}, body }: HttpResponse): Uint8Array {
  let head = `HTTP/1.1 ${status} ${reasons[status]}\r\n`;
  const { "content-type": type = "application/json", ...others } = fields;
  if (body !== undefined) head += `content-type: ${type}\r\ncontent-length: ${body.length}\r\n`;
  for (const [name, value] of Object.entries(others)) head += `${name}: ${value}\r\n`;
  return new TextEncoder().encode(head + "\r\n");
}

/** The response for an exception; its body equals the `value` of an RPC-EX. */
export function exceptionResponse(
  { type, message }: { readonly type: ExceptionType; readonly message: string },
  status: number = httpStatuses[type],
  fields: Readonly<Record<string, string>> = {},
): HttpResponse {
  const value = { "exception-type": type, "exception-message": cutMessage(message) };
  // RFC 9110 recommends a Retry-After; the time is unknown.
  const later: Record<string, string> = status === 503 ? { "retry-after": "1" } : {};
  return {
    status,
    fields: { ...later, ...fields },
    body: new TextEncoder().encode(JSON.stringify(value) + "\n"),
  };
}

/** The refusal of a body larger than any message, or than this sender's bound. */
export function bodyTooLarge(bytesMax: number): HttpRefusal {
  return new HttpRefusal(
    413,
    new MessageTooLarge(`a body must not be larger than ${bytesMax} bytes`),
  );
}

/** The refusal of bytes that are not HTTP. */
export function malformed(message: string): HttpRefusal {
  return new HttpRefusal(400, new MalformedMessage(message));
}

const cr = 0x0d;
const lf = 0x0a;

function headTooLarge(message: string): HttpRefusal {
  return new HttpRefusal(431, new MessageTooLarge(message));
}

/** The parts of a target in absolute form, which proxies receive and servers must accept: `http://HOST:PORT/PATH`. */
function splitTarget(target: string): { authority: string | undefined; path: string } {
  const scheme = /^https?:\/\//i.exec(target)?.[0];
  if (scheme === undefined) return { authority: undefined, path: target };
  const rest = target.slice(scheme.length);
  const end = rest.search(/[/?#]/);
  if (end < 0) return { authority: rest, path: "/" };
  return {
    authority: rest.slice(0, end),
    path: rest[end] === "/" ? rest.slice(end) : `/${rest.slice(end)}`,
  };
}

function parsePath(path: string): string[] {
  if (!/^\/[!-~]*$/.test(path)) {
    throw malformed(`expected a path that begins with "/", got ${quoteBriefly(path)}`);
  }
  const end = path.search(/[?#]/);
  if (end >= 0) {
    throw malformed(
      `nothing is read from ${quoteBriefly(path.slice(end))}; ask for ${
        quoteBriefly(path.slice(0, end))
      } alone: arguments are the body, a JSON list or an object by their names`,
    );
  }
  try {
    return path.slice(1).split("/").map(decodeURIComponent);
  } catch {
    throw malformed(`the path ${quoteBriefly(path)} is not encoded as a URL is`);
  }
}

/** Fields that must not be repeated: parsers disagree on which of two counts. */
const single = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "farcall-client",
  "farcall-proof",
  "host",
  "origin",
  "transfer-encoding",
]);

function parseFields(lines: readonly string[]): Map<string, string> {
  if (lines.length > limits.httpFieldsMax) {
    throw headTooLarge(`a request must not have more than ${limits.httpFieldsMax} header fields`);
  }
  const fields = new Map<string, string>();
  for (const line of lines) {
    const { name, value } = parseField(line);
    const before = fields.get(name);
    if (before !== undefined && single.has(name)) throw malformed(`"${name}" is given twice`);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}

/**
 * Parses a header or trailer field.
 *
 * @throws {HttpRefusal} If it is malformed or folded.
 */
export function parseField(line: string): { name: string; value: string } {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0));
  if (!token.test(name) || controls.test(line)) {
    throw malformed(`a header field is "name: value" on one line, got ${quoteBriefly(line)}`);
  }
  return { name: name.toLowerCase(), value: withoutBlanks(line, colon + 1) };
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// deno-lint-ignore no-control-regex -- fields must not contain these
const controls = /[\x00-\x08\x0a-\x1f\x7f]/;

/** The text from `start` on, without the spaces and tabs at its ends; linear for any input. */
function withoutBlanks(text: string, start: number): string {
  let end = text.length;
  while (start < end && isBlank(text[start]!)) start++;
  while (end > start && isBlank(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t";
}
