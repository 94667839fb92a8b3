/** Maps HTTP requests to routes, and refuses those of foreign pages. Pure: a head in, a route out. */
import { MalformedMessage, RpcNotFound, Unauthenticated } from "../../errors/mod.ts";
import { bodyFraming, type HttpHead, HttpRefusal, malformed } from "../../protocol/json/mod.ts";
import { canonicalAddress, isHostName, isUnspecified } from "../../identity/mod.ts";
import { quoteBriefly } from "../../encoding/mod.ts";
import { isLoopback } from "../calls/access.ts";
import { type Probe, probes } from "../metrics/probes.ts";

/** The target of a request; a preflight is a browser's CORS check. */
export type HttpRoute =
  | { readonly kind: "call"; readonly service: string; readonly rpc: string }
  | { readonly kind: "json-rpc" | "openapi" | "preflight" }
  | { readonly kind: "probe"; readonly probe: Probe };

/** The routes of a port: all, all except monitors', or only monitors'. */
export type HttpSurface = "all" | "calls" | "probes";

/** The names and origins that a node accepts. */
export interface HttpRules {
  /** The node's accepted host names, in lower case, besides loopback. */
  readonly hostNames: readonly string[];
  /** How to allow another name, for messages: `start it with --host NAME`. */
  readonly addHost: (name: string) => string;
  /** The origins whose pages may call, in the form of {@linkcode parseOrigin}. */
  readonly allowedOrigins: readonly string[];
  readonly surface: HttpSurface;
}

/**
 * The route of a request.
 *
 * @throws {HttpRefusal} If it has none, or must be refused; the message says what to do.
 */
export function routeOf(head: HttpHead, rules: HttpRules): HttpRoute {
  checkHost(head, rules);
  checkOrigin(head, rules.allowedOrigins);
  const route = findRoute(head, rules.surface);
  if (route.kind !== "call" && route.kind !== "json-rpc") {
    if (bodyFraming(head) !== undefined) throw malformed(`a ${head.method} has no body here`);
  } else checkBody(head);
  checkExpectation(head);
  return route;
}

/** The CORS headers for a page of an allowed origin; none for others. */
export function fieldsForPage(
  { fields }: HttpHead,
  { allowedOrigins }: HttpRules,
): Readonly<Record<string, string>> {
  const origin = fields.get("origin");
  if (origin === undefined || !allowedOrigins.includes(origin)) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "farcall-script",
    vary: "origin",
  };
}

/** The headers of a preflight's response. */
export function preflightFields({ fields }: HttpHead): Readonly<Record<string, string>> {
  const asked = fields.get("access-control-request-headers")?.toLowerCase() ?? "";
  const trace = asked.includes("traceparent") ? ", traceparent, tracestate" : "";
  return {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": `content-type, farcall-client, farcall-proof${trace}`,
    "access-control-allow-private-network": "true",
    "access-control-max-age": "600",
  };
}

/**
 * Parses an origin in the form that browsers send: `https://app.example.com`, with a port only if it is not the
 * default.
 *
 * @throws {TypeError} If it is malformed; the message shows a valid one.
 */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url !== undefined && /^https?:$/.test(url.protocol) &&
    [url.origin, `${url.origin}/`].includes(text)
  ) {
    return url.origin;
  }
  throw new TypeError(
    `"${text}" is not an origin; write it as browsers do: https://app.example.com or ` +
      "http://localhost:3000, without path and *",
  );
}

/**
 * Parses a name for the node: a host name or an address, without a port, since every port is accepted.
 *
 * @throws {TypeError} If it is malformed; the message shows a valid one.
 */
export function parseHostName(text: string): string {
  const address = canonicalAddress(text.replace(/^\[(.*)\]$/, "$1"));
  const name = address ?? canonicalHost(text);
  const isName = address === undefined && isHostName(name);
  if (isName || address !== undefined && !isUnspecified(address)) return name;
  throw new TypeError(
    address === undefined
      ? `"${text}" is not a name of a host; write it without scheme, port and *: api.example.com`
      : `"${text}" is not an address to call; it only means listening on every address`,
  );
}

/**
 * Prevents DNS rebinding: a web page whose name resolves to this node's address still sends its own name here. Names
 * outside DNS cannot be such a page's.
 */
function checkHost({ host, version }: HttpHead, { hostNames, addHost }: HttpRules): void {
  if (host === undefined) {
    // Health checks of load balancers; browsers do not speak HTTP/1.0.
    if (version === "1.0") return;
    throw malformed("a request has a Host");
  }
  const match = /^(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.-]+)(?::\d{0,5})?$/.exec(host);
  if (match === null) throw malformed("a Host is the name or address of this node, and its port");
  const name = canonicalHost(match[1]!);
  if (name === "localhost" || isLoopback(name) || hostNames.includes(name)) return;
  const names = ["localhost", ...hostNames].map((known) => `"${known}"`).join(", ");
  throw new HttpRefusal(
    421,
    new Unauthenticated(
      `this node is not "${match[1]}"; call it as one of ${names}, or ${addHost(match[1]!)}`,
    ),
  );
}

/** In lower case, without an absolute name's final dot; an IPv6 address in canonical form, without brackets. */
function canonicalHost(text: string): string {
  if (text.startsWith("[")) return canonicalAddress(text.slice(1, -1)) ?? text;
  return (text.endsWith(".") ? text.slice(0, -1) : text).toLowerCase();
}

/** Browsers say which page a request comes from: only the node's own and allowed origins may call. */
function checkOrigin({ fields, host }: HttpHead, allowedOrigins: readonly string[]): void {
  const origin = fields.get("origin");
  if (origin === undefined || allowedOrigins.includes(origin)) return;
  if (
    /^https?:\/\//.test(origin) &&
    origin.toLowerCase().replace(/^https?:\/\//, "") === host?.toLowerCase()
  ) {
    return;
  }
  const wayOut = /^https?:\/\/[^/?#\s"]{1,256}$/.test(origin)
    ? `, or start the node with --allow-origin ${origin}`
    : "";
  throw new HttpRefusal(
    403,
    new Unauthenticated(
      "a page of another origin may not call this node; have the page's own server call it" +
        wayOut,
    ),
  );
}

/** Whether a request is a monitor's, judging by its path. */
export function asksForProbe({ path }: HttpHead, surface: HttpSurface): Probe | undefined {
  if (surface === "calls" || path.length !== 1) return undefined;
  return probes.find((probe) => probe === path[0]);
}

function findRoute(head: HttpHead, surface: HttpSurface): HttpRoute {
  const { method, path, target, fields } = head;
  const [first, second] = path;
  const probe = asksForProbe(head, surface);
  if (probe !== undefined) {
    if (method === "GET" || method === "HEAD") return { kind: "probe", probe };
    throw notAllowed("GET, HEAD", `/${probe} is read with GET`);
  }
  if (surface === "probes") {
    throw notFound(
      target,
      "this port is for monitors: it serves GET /healthz, GET /readyz and GET /metrics; calls are made at the " +
        "node's other port",
    );
  }
  if (method === "OPTIONS" && fields.has("origin")) return { kind: "preflight" };
  if (path.length === 1 && first === "openapi.json") {
    if (method === "GET" || method === "HEAD") return { kind: "openapi" };
    throw notAllowed("GET, HEAD", "/openapi.json is read with GET");
  }
  const route: HttpRoute | undefined = path.length === 1 && first === "rpc"
    ? { kind: "json-rpc" }
    : path.length === 2 && first && second
    ? { kind: "call", service: first, rpc: second }
    : undefined;
  if (route === undefined && path.length > 1 && path.at(-1) === "" && first !== "") {
    throw notFound(target, "leave out the slash at its end");
  }
  if (route === undefined) {
    throw notFound(
      target,
      "call with POST /SERVICE/RPC and the arguments as a JSON list, or with POST /rpc and JSON-RPC 2.0; " +
        "GET /openapi.json lists what you may call",
    );
  }
  if (method === "POST") return route;
  throw notAllowed("POST", "calls are made with POST; GET /openapi.json lists what you may call");
}

function notFound(target: string, advice: string): HttpRefusal {
  return new HttpRefusal(
    404,
    new RpcNotFound(`there is nothing at ${quoteBriefly(target)}; ${advice}`),
  );
}

function notAllowed(allow: string, message: string): HttpRefusal {
  return new HttpRefusal(405, new MalformedMessage(message), { allow });
}

/** A form on a foreign page cannot send JSON without a preflight, which is refused. */
function checkBody(head: HttpHead): void {
  const { fields } = head;
  const type = fields.get("content-type") ?? "";
  if (!/^application\/json[ \t]*(;[ \t]*charset="?utf-8"?)?$/i.test(type)) {
    throw new HttpRefusal(
      415,
      new MalformedMessage('a body is JSON in UTF-8: send "content-type: application/json"'),
    );
  }
  if ((fields.get("content-encoding") ?? "identity").toLowerCase() !== "identity") {
    throw new HttpRefusal(
      415,
      new MalformedMessage("a body is JSON as it is: send it without a Content-Encoding"),
      { "accept-encoding": "identity" },
    );
  }
  const framing = bodyFraming(head);
  if (framing !== undefined) return;
  if (fields.has("content-length")) throw malformed("the body is empty: send [] for no arguments");
  throw new HttpRefusal(
    411,
    new MalformedMessage("send the body's Content-Length, or the body in chunks"),
  );
}

function checkExpectation({ fields, version }: HttpHead): void {
  const expected = fields.get("expect");
  if (expected === undefined || version === "1.0" || expected.toLowerCase() === "100-continue") {
    return;
  }
  throw new HttpRefusal(
    417,
    new MalformedMessage("the only expectation that this node meets is 100-continue"),
  );
}
