/** Deployers and signers that take more than a fair share. */
import { NodeConnection, proveLocal } from "../../lib/client/mod.ts";
import { type ScriptId, scriptIdOf, textStatement } from "../../lib/identity/mod.ts";
import { type Load, type LoadTarget, signer } from "./_load.ts";
import { ask, bytesOf, pause } from "./_raw.ts";

/** A script that no node has. */
async function newScript(): Promise<
  { readonly announced: { id: ScriptId; bytes: number }; readonly gzipped: Uint8Array<ArrayBuffer> }
> {
  const bytes = bytesOf(`export default () => "${crypto.randomUUID()}";\n`);
  const gzipped = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return {
    announced: { id: await scriptIdOf(bytes), bytes: bytes.length },
    gzipped: new Uint8Array(await new Response(gzipped).arrayBuffer()),
  };
}

async function deployer({ host, port }: LoadTarget): Promise<NodeConnection> {
  const connection = await NodeConnection.open({ host, port });
  await proveLocal(connection);
  return connection;
}

const patience = { timeoutMs: 30_000 };

/** One deployer begins and uploads scripts for as long as allowed; another takes over at the end. */
async function holdOff(target: LoadTarget, signal: AbortSignal): Promise<void> {
  const [holder, other] = [await deployer(target), await deployer(target)];
  const begin = (connection: NodeConnection, deployer: string, takesOver?: true) =>
    connection.request({
      op: "begin",
      deployment: { id: crypto.randomUUID(), deployer },
      generation: 1,
      takesOver,
    }, patience);
  await begin(holder, "holder");
  let refused = 0;
  while (!signal.aborted) {
    const { announced, gzipped } = await newScript();
    await holder.request({ op: "put", scripts: [announced] }, patience, gzipped);
    await begin(other, "other").catch(() => refused += 1);
    await pause(5);
  }
  if (refused === 0) throw new Error("two deployments were under way at once");
  await begin(other, "other", true);
}

/** A request in text, signed with a unique nonce. */
async function signedRequest({ host, port }: LoadTarget): Promise<Uint8Array> {
  const value = JSON.stringify({
    ...{ client: "signer", service: "math", rpc: "add", arguments: [2, 3] },
    ...{ to: `${host}:${port}`, time: Date.now(), nonce: crypto.randomUUID() },
  });
  const signature = await signer.sign(textStatement(value));
  const envelope = { header: "RPC-REQ", value, key: signer.publicKey, signature };
  return bytesOf(JSON.stringify(envelope));
}

export const loads: readonly Load[] = [
  {
    name: "a deployment that sends scripts and never commits, and another that is refused",
    memoryMiBMax: 150,
    play: holdOff,
  },
  {
    name: "requests signed by one key, each with a nonce of its own, 8 at once",
    memoryMiBMax: 100,
    // Each executed call is a record.
    logKiBPerSecondMax: 1024,
    play: (target, signal) => ask(target, signal, { count: 8, says: () => signedRequest(target) }),
  },
];
