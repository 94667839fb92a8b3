/** The largest permitted inputs and results of one caller or deployer, for tests of their effect on others. */
import type { NodeConnection } from "../../lib/client/mod.ts";
import { scriptIdOf } from "../../lib/identity/mod.ts";
import {
  bytesOf,
  connectionTo,
  gzip,
  manifestOf,
  type TestConnection,
  type TestDeployment,
} from "./nodes/node.ts";

/** The bystander calls one service, the others the other one. */
export const largeDeployment: TestDeployment = {
  services: {
    bystander: {
      rpcs: {
        add: {
          args: ["int", "int"],
          returns: ["int"],
          source: "export const add = (a, b) => a + b;",
        },
      },
    },
    heavy: {
      rpcs: {
        size: [
          { args: ["List[int]"], returns: ["int"], source: "export const size = (a) => a.length;" },
          {
            args: ["Dict[str, Dict[str, int]]"],
            returns: ["int"],
            source: "export const size = (a) => Object.keys(a).length;",
          },
          {
            args: ["str"],
            returns: ["int"],
            source: "export const size = (a) => a.length; // str",
          },
        ],
        bytes: {
          args: ["bytes"],
          returns: ["int"],
          source: "export const bytes = (a) => a.length;",
        },
        dicts: {
          args: ["int"],
          returns: ["List[Dict[str, int]]"],
          source: "export const dicts = (n) => Array.from({ length: n }, (_, i) => ({ a: i }));",
        },
        stream: {
          args: ["int"],
          returns: ["Stream[int]"],
          source: "export function* stream(n) { for (let i = 0; i < n; i++) yield i; }",
        },
      },
    },
  },
};

/** A load, and its expected outcome. */
export interface LargeLoad {
  readonly name: string;
  readonly run: (port: number) => Promise<string>;
  readonly answer: RegExp;
}

const bigIntegers = "[" + "12345678901234567890,".repeat(100_000) + "1]";
const dicts = "{" + Array.from({ length: 60_000 }, (_, i) => `"k${i}":{"a":${i}}`).join(",") + "}";

function textRequest(rpc: string, argumentsJson: string): Uint8Array {
  return bytesOf(
    `{"header":"RPC-REQ","value":{"client":"c1","service":"heavy","rpc":"${rpc}","arguments":[${argumentsJson}]}}`,
  );
}

function jsonRpc(id: number, argumentsJson: string): string {
  return `{"jsonrpc":"2.0","client":"c1","id":${id},"method":"heavy.size","params":[${argumentsJson}]}`;
}

/** Sends, closes its direction, and reads until the node closes its own. */
async function exchange(port: number, bytes: Uint8Array): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const sending = (async () => {
    for (let start = 0; start < bytes.length;) {
      start += await connection.write(bytes.subarray(start));
    }
    await connection.closeWrite();
  })();
  const heard: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(256 * 1024);
  for (let count; (count = await connection.read(buffer)) !== null;) {
    heard.push(buffer.slice(0, count));
  }
  await sending;
  return await new Blob(heard).text();
}

async function post(port: number, path: string, body: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  return await response.text();
}

async function deployer<Result>(
  port: number,
  run: (connection: TestConnection) => Promise<Result>,
): Promise<string> {
  await using connection = await connectionTo(port);
  return await run(connection).then(
    (result) => `done ${JSON.stringify(result)}`,
    (error) => `${error.code}: ${error.message}`,
  );
}

/** A manifest close to the size of one message, whose one large service cannot run. */
async function largeManifest() {
  const { manifest } = await manifestOf(largeDeployment);
  const [{ overloads: [overload] }] = manifest.services;
  const overloads = Array.from({ length: 40_000 }, (_, index) => ({
    ...overload,
    rpc: `r${index}`,
    description: "what it does, in some words",
    script: "0".repeat(64) as typeof overload.script,
  }));
  return { ...manifest, services: [{ name: "wide", tenants: ["c1"], overloads }] };
}

const patience = { timeoutMs: 120_000 };

/**
 * Requests and results that would block a node's event loop for half a second or more; the largest blocked it for
 * several.
 */
export const callLoads: readonly LargeLoad[] = [
  {
    name: "big integers in the text framing",
    run: (port) => exchange(port, textRequest("size", bigIntegers)),
    answer: /"return-values":\[100001\]/,
  },
  {
    name: "Dicts over HTTP",
    run: (port) => post(port, "/heavy/size", `[${dicts}]`),
    answer: /^60000\n$/,
  },
  {
    name: "a batch of JSON-RPC",
    run: (port) => {
      const numbers = "[" + "1,".repeat(7000) + "1]";
      const requests = Array.from({ length: 400 }, (_, id) => jsonRpc(id, numbers));
      return exchange(port, bytesOf(`[${requests.join(",")}]`));
    },
    answer:
      /^\[\{"jsonrpc":"2.0","result":7001,"id":0\},.*\{"jsonrpc":"2.0","result":7001,"id":399\}\]\n$/,
  },
  {
    name: "a text of 15 MB",
    run: (port) => exchange(port, textRequest("size", JSON.stringify("x".repeat(15_000_000)))),
    answer: /"return-values":\["15000000"\]/,
  },
  {
    name: "bytes in base64",
    run: (port) => exchange(port, textRequest("bytes", JSON.stringify("QUJD".repeat(3_700_000)))),
    answer: /"return-values":\["11100000"\]/,
  },
  {
    name: "a request that is cut off before its end",
    run: (port) => exchange(port, textRequest("size", bigIntegers).subarray(0, -3)),
    answer: /Malformed Message/,
  },
  {
    name: "a large result over HTTP",
    run: (port) => post(port, "/heavy/dicts", "[300000]"),
    answer: /^\[\{"a":0\},.*\{"a":299999\}\]\n$/,
  },
  {
    name: "a long stream as one answer",
    run: (port) => exchange(port, textRequest("stream", "100000")),
    answer: /"return-values":\[\[0,1,.*,99999\]\]/,
  },
];

/** A deployer's largest inputs. */
export const deployLoads: readonly LargeLoad[] = [
  {
    name: "a script of 2 MB",
    run: (port) =>
      deployer(port, ({ raw }) => put(raw, [`export const a = [${"1,".repeat(1_000_000)}];`])),
    answer: /^done \{"kept":1\}/,
  },
  {
    name: "64 scripts at once",
    run: (port) =>
      deployer(port, ({ raw }) =>
        Promise.all(
          Array.from(
            { length: 64 },
            (_, index) => put(raw, [`export const a = [${index},${"1,".repeat(7500)}];`]),
          ),
        )),
    answer: /^done \[\{"kept":1\}/,
  },
  {
    name: "scripts that a node checks itself, as costly as they can be",
    run: (port) =>
      deployer(port, ({ raw }) =>
        Promise.all(
          Array.from(
            { length: 8 },
            (_, index) => put(raw, Array.from({ length: 4 }, () => nestedBlocks(index))),
          ),
        )),
    answer: /^done \[\{"kept":4\}/,
  },
  {
    name: "scripts that are much more than was announced",
    run: (port) =>
      deployer(port, async ({ raw }) => {
        const scripts = [{ id: await scriptIdOf(bytesOf("1")), bytes: 1 }];
        const bomb = await gzip(new Uint8Array(100_000_000));
        await raw.request({ op: "put", scripts }, patience, bomb);
      }),
    answer: /^Deploy Rejected: .*\bscripts\b/,
  },
  {
    name: "a manifest of one message",
    run: (port) =>
      deployer(port, async ({ raw }) => {
        const deployment = { id: crypto.randomUUID(), deployer: "tester" };
        await raw.request({ op: "stage", manifest: await largeManifest(), deployment }, patience);
      }),
    answer: /^Deploy Rejected: .*\bscript\b/,
  },
];

/** The parser keeps each variable in each of the blocks around it. */
function nestedBlocks(index: number): string {
  const names = Array.from({ length: 200 }, (_, name) => `v${name}`);
  return `export const a = ${index};${"{".repeat(300)}var ${names}${"}".repeat(300)}`;
}

async function put(raw: NodeConnection, sources: readonly string[]): Promise<{ kept: number }> {
  const bytes = sources.map(bytesOf);
  const scripts = await Promise.all(
    bytes.map(async (script) => ({ id: await scriptIdOf(script), bytes: script.length })),
  );
  const packed = await gzip(new Uint8Array(await new Blob(bytes).arrayBuffer()));
  return await raw.request({ op: "put", scripts }, patience, packed);
}
