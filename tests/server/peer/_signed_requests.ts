/** Individually signed requests. */
import { jsonRpcStatement, type SigningKey, textStatement } from "../../../lib/identity/mod.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { bytesOf, newKey, type TestDeployment, type TestNode } from "../../_support/nodes/node.ts";

export const add = {
  args: ["int", "int"],
  returns: ["int"],
  source: "export const add = (a, b) => a + b;",
};

/** c1 may call math, c2 second. */
export function deploymentFor(key: SigningKey, other: SigningKey): TestDeployment {
  return {
    clients: [{ name: "c1", key: key.publicKey }, { name: "c2", key: other.publicKey }],
    services: {
      math: { tenants: ["c1"], rpcs: { add } },
      second: { tenants: ["c2"], rpcs: { add } },
    },
  };
}

/** The reply to bytes, to the end of the stream. */
export async function ask(node: TestNode, request: string, from?: string): Promise<string> {
  const transport = await node.transport(from);
  try {
    await transport.write(bytesOf(request));
    return new TextDecoder().decode(await readAll(transport));
  } finally {
    transport.close();
  }
}

/** Unique. */
export function nonce(): string {
  return crypto.randomUUID();
}

/** A request in the text framing, signed. */
export async function signedText(
  node: TestNode,
  key: SigningKey,
  changes: object = {},
): Promise<string> {
  const value = JSON.stringify({
    client: "c1",
    service: "math",
    rpc: "add",
    arguments: [2, 3],
    to: node.address,
    time: Date.now(),
    nonce: nonce(),
    ...changes,
  });
  const signature = await key.sign(textStatement(value));
  return JSON.stringify({ header: "RPC-REQ", value, key: key.publicKey, signature });
}

/** Two keys, for all tests of a module. */
export const started = await (async () => {
  const [key, other] = [await newKey(), await newKey()];
  return { key, other };
})();

/** A request of JSON-RPC, signed. */
export async function signedJsonRpc(
  node: TestNode,
  key: SigningKey,
  changes: object = {},
  statement = jsonRpcStatement,
): Promise<string> {
  const value = JSON.stringify({
    jsonrpc: "2.0",
    method: "math.add",
    params: [2, 3],
    id: 1,
    client: "c1",
    to: node.address,
    time: Date.now(),
    nonce: nonce(),
    ...changes,
  });
  const signature = await key.sign(statement(value));
  return JSON.stringify({ jsonrpc: "2.0", value, key: key.publicKey, signature });
}
