/** Valid but large inputs: many keys, items, chunks, lines. */
import { openSource } from "../../cli/call/_streams.ts";
import { parseConfiguration } from "../../lib/config/mod.ts";
import { HttpBody } from "../../lib/protocol/json/http_body.ts";
import { parseHttpHead } from "../../lib/protocol/json/http.ts";
import { parseJsonRpc } from "../../lib/protocol/json/jsonrpc.ts";
import { chooseByJson, parseJsonArguments } from "../../lib/protocol/json/named_arguments.ts";
import { encodePayload } from "../../lib/types/payload.ts";
import { compileSignature } from "../../lib/types/signature.ts";
import { JsonObjectScanner, parseTextRequest } from "../../lib/protocol/json/text.ts";
import { parseTypeExpression } from "../../lib/types/type_expression.ts";
import type { SizedWork } from "./_growth.ts";

const encoder = new TextEncoder();
const dicts = compileSignature({ args: ["Dict[str, List[int]]"], returns: [] });

function list(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(",");
}

function tolerant(work: SizedWork): SizedWork {
  return async (size) => {
    try {
      await work(size);
    } catch {
      // Refusals are fine; their time counts.
    }
  };
}

function configure(text: string): unknown {
  return parseConfiguration(text, { file: "init.yaml", folder: "/" });
}

/** By the repeated element. */
export const sizedWorks: Readonly<Record<string, SizedWork>> = {
  "keys of a Dict": (count) =>
    dicts.decodeArguments(encodePayload(`[{${list(count, (index) => `"k${index}":[1]`)}}]`, [])),
  "keys of a Dict, none of them its own": tolerant((count) =>
    dicts.decodeArguments(encodePayload(`[{${list(count, () => '"k":[1]')}}]`, []))
  ),
  "members of a text request": tolerant((count) =>
    parseTextRequest(encoder.encode(`{${list(count, (index) => `"k${index}":{}`)}}`))
  ),
  "arguments of a text request": tolerant((count) =>
    parseTextRequest(encoder.encode(
      `{"header":"RPC-REQ","value":{"service":"m","rpc":"f","arguments":[${
        list(count, () => "{}")
      }]}}`,
    ))
  ),
  "large integers": tolerant((count) =>
    parseTextRequest(encoder.encode(
      `{"header":"RPC-REQ","value":{"service":"m","rpc":"f","arguments":[${
        list(count, () => "12345678901234567890")
      }]}}`,
    ))
  ),
  "requests of a batch": (count) =>
    parseJsonRpc(encoder.encode(
      `[${list(count, (index) => `{"jsonrpc":"2.0","method":"m.f","id":${index}}`)}]`,
    )),
  "arguments by name": tolerant((count) => {
    const given = parseJsonArguments(
      encoder.encode(`{${list(count, (index) => `"k${index}":1`)}}`),
    );
    const names = Array.from({ length: 8 }, (_, index) => `k${index}`);
    const signature = compileSignature({ args: names.map(() => "int"), returns: [] });
    chooseByJson("f", [{ signature, names }, { signature }], given);
  }),
  "parts of a type": (count) => parseTypeExpression(`Tuple[${list(count, () => "int")}]`),
  "bytes that come one by one": (count) => {
    const scanner = new JsonObjectScanner();
    scanner.push(encoder.encode('{"a":"'));
    const byte = encoder.encode("x");
    for (let index = 0; index < 8 * count; index++) scanner.push(byte);
  },
  "chunks of one byte": (count) => {
    const body = new HttpBody({ kind: "chunked" });
    body.push(encoder.encode("1\r\na\r\n".repeat(count)));
  },
  "header fields": tolerant((count) =>
    parseHttpHead(encoder.encode(`GET / HTTP/1.1\r\n${"a: b\r\n".repeat(count)}\r\n`))
  ),
  "keys of an init.yaml that come twice, backwards, in one line": tolerant((count) => {
    const keys = Array.from({ length: count / 16 }, (_, index) => `"k${index}": 1`);
    return configure(`{ ${[...keys, ...keys.toReversed()].join(", ")} }`);
  }),
  "services of an init.yaml": tolerant((count) =>
    configure(
      "services:\n" +
        Array.from({ length: count / 16 }, (_, index) => `  s${index}: { tenants: [c${index}] }\n`)
          .join(""),
    )
  ),
  "items of one long line": async (count) => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, "x".repeat(128 * count));
      for await (const _ of openSource(`@${path}`, "Stream[str]"));
    } finally {
      await Deno.remove(path);
    }
  },
};
