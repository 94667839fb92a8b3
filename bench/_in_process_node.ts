/**
 * What isolation is compared with: the same sessions, access rules, checks and frames, but the function runs in
 * the server's own process. Nothing of this is in the product.
 */
import { Dispatcher } from "../lib/server/dispatch.ts";
import { FrameSession } from "../lib/server/frame_session.ts";
import { liveGeneration } from "../lib/server/generation.ts";
import { ServiceStats } from "../lib/server/service_stats.ts";
import { silentLog } from "../lib/log/mod.ts";
import type { NodeContext } from "../lib/server/context.ts";
import type { ServiceExecutor } from "../lib/executor/mod.ts";
import { listenTcp } from "../lib/transport/mod.ts";
import { compileSignature, type Manifest, type ScriptId } from "../lib/wire/mod.ts";

const signature = compileSignature({ args: ["int", "int"], returns: ["int"] });

const executor = {
  call(
    _overload: number,
    payload: Uint8Array,
    _timeoutMs: number,
    sink: { result(payload: Uint8Array): void },
  ) {
    const [a, b] = signature.decodeArguments(payload) as [number, number];
    const result = signature.encodeResult(a + b);
    queueMicrotask(() => sink.result(result));
    return { cancel: () => {} };
  },
} as unknown as ServiceExecutor;

const manifest: Manifest = {
  format: 1,
  node: "bench",
  clients: [{ name: "c1", ip: "127.0.0.1" }],
  services: [{
    name: "math",
    tenants: ["c1"],
    overloads: [{
      rpc: "add",
      args: ["int", "int"],
      returns: ["int"],
      script: "0".repeat(64) as ScriptId,
    }],
  }],
};
const live = liveGeneration(1, manifest, () => ({
  executor,
  refusal: undefined,
  stats: new ServiceStats(),
}));
const context = {
  log: silentLog,
  dispatcher: new Dispatcher(silentLog),
  deployment: { live, nodeName: "bench", abort: () => Promise.resolve({}) },
  isDraining: false,
} as unknown as NodeContext;

const listener = listenTcp("127.0.0.1", 0);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
Deno.stdout.writeSync(new TextEncoder().encode(`listening on 127.0.0.1:${listener.port}\n`));
for (;;) {
  const transport = await listener.accept();
  if (transport === null) break;
  const first = new Uint8Array(4096);
  transport.read(first).then((count) => {
    if (count !== null) return new FrameSession(context, transport).run(first.subarray(0, count));
  }).catch(() => {}).finally(() => transport.close());
}
