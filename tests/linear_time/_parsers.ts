/** Every parser of outside text, as a function of one text. Errors do not matter here. */
import { nearest, parseConfiguration } from "../../lib/config/mod.ts";
import { formatDiagnostic } from "../../lib/config/diagnostic_text.ts";
import { parseAddress } from "../../lib/client/address.ts";
import { formatTypes } from "../../lib/client/types_text.ts";
import { formatJson, formatText } from "../../lib/log/format.ts";
import { parseHostName, parseOrigin, routeOf } from "../../lib/server/json/http_routes.ts";
import { expositionFor } from "../../lib/server/metrics/exposition.ts";
import { parseAdvertised, parseGrantRule, parseLimitRule } from "../../lib/server/operator.ts";
import { codecOfText, fromJson } from "../../lib/types/codec.ts";
import { parseRate } from "../../lib/manifest/call_rate.ts";
import { parseFingerprint } from "../../lib/identity/fingerprint.ts";
import { headEnd, isKeptAlive, parseField, parseHttpHead } from "../../lib/protocol/json/http.ts";
import { HttpBody } from "../../lib/protocol/json/http_body.ts";
import { addressGroup, AddressRange, canonicalAddress } from "../../lib/identity/ip_address.ts";
import { checkJson, checkJsonDepth } from "../../lib/encoding/json_scan.ts";
import { parseJson, stringifyJson } from "../../lib/encoding/json.ts";
import { isJsonRpc, parseJsonRpc } from "../../lib/protocol/json/jsonrpc.ts";
import { isPublicKey, publicKey, SigningKey } from "../../lib/identity/key.ts";
import { isSourcePath } from "../../lib/manifest/sources.ts";
import { decodeHello, decodeRoute } from "../../lib/protocol/message.ts";
import { parseJsonArguments } from "../../lib/protocol/json/named_arguments.ts";
import { namePatterns } from "../../lib/manifest/names.ts";
import { chooseOverload } from "../../lib/types/overload.ts";
import { safeFileName } from "../../lib/peer/folder/names.ts";
import { readPacket } from "../../lib/peer/original/packet.ts";
import { writePythonJson } from "../../lib/peer/original/python_json.ts";
import { encodePayload } from "../../lib/types/payload.ts";
import { canonicalPermission } from "../../lib/manifest/permission_values.ts";
import { httpProof } from "../../lib/identity/proof.ts";
import { decodeRequest } from "../../lib/protocol/request.ts";
import { scriptPin } from "../../lib/identity/script_id.ts";
import { parseQuantity, permissionKinds } from "../../lib/manifest/service_settings.ts";
import { compileSignature } from "../../lib/types/signature.ts";
import { JsonObjectScanner, parseTextRequest } from "../../lib/protocol/json/text.ts";
import { parseTypeExpression } from "../../lib/types/type_expression.ts";
import { describeValue } from "../../lib/encoding/describe_value.ts";

/** A parser. */
export type Parser = (text: string) => unknown;

const encoder = new TextEncoder();
const scalars = ["int", "float", "str", "bool", "bytes", "None"];
const containers = [
  "List[int]",
  "List[str]",
  "Dict[str, float]",
  "Tuple[int, str]",
  "Optional[float]",
  "Optional[List[List[str]]]",
  "Stream[int]",
];

function fits(...args: string[]): { signature: ReturnType<typeof compileSignature> } {
  return { signature: compileSignature({ args, returns: [] }) };
}

const overloads = [fits("int"), fits("float"), fits("List[int]"), fits("Dict[str, str]")];
const overloadsOfText = [...overloads, fits("bytes"), fits("str"), fits("Optional[str]")];
const rules = {
  hostNames: ["s1"],
  addHost: (name: string) => name,
  allowedOrigins: [],
  surface: "all",
} as const;

function headWith(line: string, method = "POST /math/add"): Uint8Array {
  return encoder.encode(
    `${method} HTTP/1.1\r\nhost: s1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n` +
      `${line}\r\n\r\n`,
  );
}

/** Feeds bytes one by one. */
function drip(bytes: Uint8Array, push: (chunk: Uint8Array) => unknown): void {
  for (let index = 0; index < bytes.length; index++) {
    if (push(bytes.subarray(index, index + 1)) !== undefined) return;
  }
}

function headDrips(text: string): void {
  const bytes = headWith(`x: ${text}`);
  let end: number | undefined;
  for (let length = 1; end === undefined && length <= bytes.length; length++) {
    end = headEnd(bytes.subarray(0, length), length - 1);
  }
}

/** Parsers of potentially long texts. */
export const parsers: Readonly<Record<string, Parser>> = {
  ...Object.fromEntries([...scalars, ...containers].flatMap((type) => [
    [`${type} in the string form`, (text: string) => codecOfText(type).fromText(text)],
    [`${type} in JSON`, (text: string) => fromJson(codecOfText(type), text)],
    [
      `${type} in JSON that is parsed`,
      (text: string) => fromJson(codecOfText(type), parseJson(text)),
    ],
  ])),
  "overloads in the string form": (text) =>
    chooseOverload("f", overloads, { values: [text], form: "texts" }),
  "overloads of texts": (text) =>
    chooseOverload("f", overloadsOfText, { values: [text], form: "json" }),
  "a type in a request": (text) =>
    chooseOverload("f", overloads, { values: [], form: "json", argumentTypes: [text] }),
  "a packet of a peer": (text) => readPacket(encoder.encode(text)),
  "a message of a peer": (text) =>
    readPacket(encoder.encode(JSON.stringify({
      sequence_number: 0,
      type: "message",
      data: { content: text, sender: text, channel_id: text, timestamp: text },
      details: { [text]: text },
    }))),
  "JSON as Python writes it": (text) => writePythonJson({ [text]: text }),
  "a file's name": safeFileName,
  "a payload": (text) => fits("List[str]").signature.decodeArguments(encodePayload(text, [])),
  JSON: parseJson,
  "the depth of JSON": checkJsonDepth,
  "the keys of JSON": checkJson,
  "JSON that is written": (text) => stringifyJson([text, { [text]: text }]),
  "a text request": (text) => parseTextRequest(encoder.encode(text)),
  "fields of a text request": (text) =>
    parseTextRequest(encoder.encode(JSON.stringify({
      header: "RPC-REQ",
      value: {
        client: text,
        service: text,
        rpc: text,
        arguments: [text],
        "argument-types": [text],
        script: text,
      },
    }))),
  "the header of a text request": (text) =>
    parseTextRequest(encoder.encode(JSON.stringify({ header: text, value: text }))),
  "a signed text request": (text) =>
    parseTextRequest(encoder.encode(JSON.stringify({
      header: "RPC-REQ",
      value: text,
      key: text,
      signature: text,
    }))),
  "what may be JSON-RPC": (text) => isJsonRpc(encoder.encode(`{"jsonrpc":${text}`)),
  "JSON-RPC": (text) => parseJsonRpc(encoder.encode(text)),
  "fields of JSON-RPC": (text) =>
    parseJsonRpc(encoder.encode(JSON.stringify({
      jsonrpc: "2.0",
      method: text,
      params: { [text]: text },
      id: text,
      client: text,
    }))),
  "a batch of JSON-RPC": (text) => parseJsonRpc(encoder.encode(`[${text}`)),
  "the arguments of a body": (text) => parseJsonArguments(encoder.encode(text)),
  "a field of HTTP": parseField,
  "the name of a field of HTTP": (text) => parseField(`${text}: x`),
  "the value of a field of HTTP": (text) => parseField(`x: ${text}`),
  "the head of a request": (text) => parseHttpHead(headWith(text)),
  "the target of a request": (text) => parseHttpHead(headWith("x: y", `POST /${text}`)),
  "an absolute target": (text) => parseHttpHead(headWith("x: y", `POST http://${text}/math/add`)),
  "the method of a request": (text) => parseHttpHead(headWith("x: y", `${text} /math/add`)),
  ...Object.fromEntries(
    ["host", "origin", "content-type", "content-encoding", "expect", "connection"].map((name) => [
      `the field ${name}`,
      (text: string) => {
        const { fields, ...head } = parseHttpHead(headWith("x: y"));
        const host = name === "host" ? text : "s1";
        const changed = { ...head, host, fields: new Map([...fields, [name, text]]) };
        isKeptAlive(changed);
        return routeOf(changed, rules);
      },
    ]),
  ),
  "what a monitor accepts": (text) => expositionFor(text),
  "a proof of HTTP": (text) =>
    httpProof(text, { method: "POST", target: "/", client: text, body: new Uint8Array(0) }),
  "the parts of a proof of HTTP": (text) =>
    httpProof(`key=${text}; to=${text}; time=${text}; nonce=${text}; signature=${text}`, {
      method: "POST",
      target: "/",
      client: undefined,
      body: new Uint8Array(0),
    }),
  "a type": parseTypeExpression,
  "a type inside another": (text) => parseTypeExpression(`Tuple[${text}]`),
  "an address": parseAddress,
  "an address in brackets": (text) => parseAddress(`[${text}]:1`),
  "an IP address": canonicalAddress,
  "a network": (text) => AddressRange.parse(`${text}/8`),
  "the group of an address": addressGroup,
  "whether an address lies in a network": (text) => AddressRange.of("10.0.0.0/8").holds(text),
  "an address that is advertised": parseAdvertised,
  "an origin": parseOrigin,
  "the name of a host": parseHostName,
  "a limit": parseLimitRule,
  "the value of a limit": (text) => parseLimitRule(`memory=${text}`),
  "a grant": parseGrantRule,
  "the values of a grant": (text) => parseGrantRule(`math:net=${text}`),
  "a permission": (text) => permissionKinds.map((kind) => canonicalPermission(kind, text)),
  "a duration": (text) => parseQuantity(text, "duration"),
  "a rate": parseRate,
  "a fingerprint": parseFingerprint,
  "whether a text is a public key": isPublicKey,
  "a public key": (text) => publicKey(`ed25519:${text}`),
  "a private key": (text) => SigningKey.fromPem(text),
  "the inside of a private key": (text) =>
    SigningKey.fromPem(`-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`),
  "a pin": scriptPin,
  "a name": (text) => Object.values(namePatterns).map(([pattern]) => pattern.test(text)),
  "the path of a source": isSourcePath,
  "the nearest name": (text) => nearest(text, ["math", text.slice(1), text.repeat(2)]),
  "a value in a message": describeValue,
  "a hello": (text) => decodeHello(encoder.encode(text)),
  "the fields of a hello": (text) =>
    decodeHello(encoder.encode(JSON.stringify({
      version: 1,
      software: text,
      messageBytesMax: 1 << 20,
      client: text,
      key: text,
    }))),
  "a route": (text) =>
    decodeRoute(encoder.encode(JSON.stringify({
      service: text,
      rpc: text,
      argumentTypes: [text],
      returnTypes: [text],
      script: text,
    }))),
  "a request in frames": (text) => {
    const json = encoder.encode(text);
    const body = new Uint8Array(4 + json.length);
    new DataView(body.buffer).setUint32(0, json.length);
    body.set(json, 4);
    return decodeRequest(body);
  },
  "generated types": (text) =>
    formatTypes([{
      name: "math",
      rpcs: [{
        name: text,
        args: ["int"],
        returns: [],
        names: [text],
        description: text,
        script: "",
      } as never],
    } as never]),
  "a record of the log": (text) => {
    const record = { epochMs: 0, level: "info", event: "e", fields: { text } } as never;
    return [formatJson(record), formatText(record, true)];
  },
};

function configure(text: string): void {
  try {
    parseConfiguration(text, { file: "init.yaml", folder: "/" });
  } catch (error) {
    const { mistakes = [] } = error as { mistakes?: readonly never[] };
    for (const mistake of mistakes) formatDiagnostic(mistake);
  }
}

/** Parsers that take a microsecond or more per character: byte by byte, or by a library's grammar. */
export const slowParsers: Readonly<Record<string, Parser>> = {
  "a text request byte by byte": (text) => {
    const scanner = new JsonObjectScanner("object or array");
    drip(encoder.encode(`{"a":${text}`), (chunk) => scanner.push(chunk));
  },
  "a head byte by byte": headDrips,
  "chunks byte by byte": (text) => {
    const body = new HttpBody({ kind: "chunked" });
    const size = text.length.toString(16);
    drip(encoder.encode(`${size};${text.slice(0, 900)}\r\n${text}\r\n0\r\n`), (chunk) => {
      body.push(chunk);
    });
  },
  "an init.yaml": configure,
  "a scalar of an init.yaml": (text) => configure(`network: ${text}`),
  "an address of an init.yaml": (text) =>
    configure(`network: { servers: { s1: { ip: ${JSON.stringify(text)}, port: 1 } } }`),
  "the client of an init.yaml": (text) =>
    configure(
      `network: { clients: { c1: { ip: ${JSON.stringify(text)}, key: ${JSON.stringify(text)} } } }`,
    ),
  "a name of an init.yaml": (text) => configure(`services: { ${JSON.stringify(text)}: { } }`),
  "a type of an init.yaml": (text) =>
    configure(`services: { m: { rpcs: { f: [{ args: [${JSON.stringify(text)}], src: a.ts }] } } }`),
  "settings of an init.yaml": (text) => {
    const quoted = JSON.stringify(text);
    configure(
      `services: { m: { limits: { memory: ${quoted} }, permissions: { net: [${quoted}] }, tenants: ` +
        `${quoted}, description: ${quoted} } }`,
    );
  },
};
