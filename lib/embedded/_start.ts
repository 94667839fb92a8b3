/** Turns a program's options into a listening node. */
import { openContext, wantsTraces } from "../context/mod.ts";
import { InProcessExecutor } from "../executor/mod.ts";
import { formatText } from "../log/format.ts";
import { MemoryHistory } from "../log/memory_history.ts";
import { limitsWith } from "../limits/mod.ts";
import { LineWriter, StreamTarget } from "../log/line_writer.ts";
import { type Log, logLevels, type LogRecord, logTo, lostRecord, silentLog } from "../log/mod.ts";
import {
  FarcallNode,
  liveGeneration,
  parseAdvertised,
  parseHostName,
  parseMetricsReader,
  SeriesRoom,
  ServiceStats,
} from "../server/mod.ts";
import { formatAddress, listenOnAll, listenTcp } from "../transport/mod.ts";
import { atOnce, refuseEmpty } from "../encoding/mod.ts";
import { readOver, schemeOf } from "../identity/mod.ts";
import { callTargets } from "../manifest/mod.ts";
import { software } from "../protocol/mod.ts";
import { readServices } from "./_manifest.ts";
import type { ServeOptions } from "./options.ts";

/** A node, and the identity that its calls compare. */
export interface StartedNode {
  readonly node: FarcallNode;
  readonly identity: object;
  /** The address in the form that callers use. */
  readonly address: string;
}

/** Starts the node. @throws As `serve`. */
export async function startNode(options: ServeOptions): Promise<StartedNode> {
  const { hostname: given, tls: pem } = options;
  refuseEmpty({
    hostname: given,
    over: options.over,
    services: options.services,
    clients: options.clients,
    tls: pem,
    "tls.cert": pem?.cert,
    "tls.key": pem?.key,
  });
  if (pem !== undefined && (typeof pem.cert !== "string" || typeof pem.key !== "string")) {
    throw new TypeError("tls must have cert and key: a certificate and its private key, in PEM");
  }
  const { manifest, overloads } = await readServices(options);
  const logHistory = new MemoryHistory();
  const log = logOf(options.log, (record) => logHistory.add(record));
  const { hostname = "127.0.0.1", port = 8181, name } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port must be a whole number from 0 to 65535, got ${port}`);
  }
  const { memoryBytesMax = 1 } = options;
  if (!Number.isInteger(memoryBytesMax) || memoryBytesMax < 1) {
    throw new RangeError(`memoryBytesMax must be a whole number from 1 on, got ${memoryBytesMax}`);
  }
  await openContext();
  let calls = 0;
  const identity = { nextNumber: () => ++calls };
  const bounds = limitsWith({ nodeMemoryBytesMax: options.memoryBytesMax });
  const seriesRoom = new SeriesRoom(bounds);
  const metricsAllow = (options.metricsAllow ?? []).map(parseMetricsReader);
  const live = atOnce(liveGeneration(0, manifest, (service) => ({
    executor: new InProcessExecutor({
      service: service.name,
      overloads: overloads.get(service.name)!,
      limits: service.limits ?? {},
      targets: callTargets(service, manifest.services),
      node: identity,
      bounds,
    }),
    refusal: undefined,
    stats: new ServiceStats(seriesRoom),
  })));
  const { tls } = options;
  const over = readOver(options.over);
  if (over !== undefined && tls !== undefined) {
    throw new TypeError("TLS works only over TCP: over IP and UDP farcall has no encryption");
  }
  const listener = await listenOnAll(hostname, port, async (address, port) => {
    if (over !== undefined) {
      const { listenPackets } = await import("../transport/raw_ip/mod.ts");
      return listenPackets(address, port, over);
    }
    if (tls === undefined) return listenTcp(address, port);
    return (await import("../transport/tls.ts")).listenTls(address, port, tls);
  });
  const tracer = wantsTraces() ? (await import("../traces/mod.ts")).openTracer(log) : undefined;
  const node = await FarcallNode.embed({
    tracer,
    listener,
    live: { ...live, isEmbedded: true },
    name,
    hostNames: [hostname, ...(options.hosts ?? []).map(parseHostName)],
    advertised: (options.advertised ?? []).map(parseAdvertised),
    metricsAllow,
    logHistory,
    bounds,
    log,
  });
  const address = `${schemeOf(over)}${formatAddress(node.host, node.port)}`;
  log.info("node.started", { address, software });
  return { node, identity, address };
}

function logOf(wish: ServeOptions["log"] = "warn", keep: (record: LogRecord) => void): Log {
  if (typeof wish === "function") {
    return logTo((record) => {
      keep(record);
      wish(record);
    });
  }
  if (wish === "silent") return silentLog;
  if (!logLevels.includes(wish)) {
    throw new TypeError(
      `log must be ${logLevels.join(", ")}, silent or a function, got ${JSON.stringify(wish)}`,
    );
  }
  const colors = Deno.stderr.isTerminal() && !Deno.noColor;
  const format = (record: LogRecord): string => formatText(record, colors);
  const lines = new LineWriter(
    new StreamTarget(Deno.stderr),
    (count) => format(lostRecord(count)),
  );
  return logTo((record) => {
    keep(record);
    lines.add(format(record));
  }, wish);
}
