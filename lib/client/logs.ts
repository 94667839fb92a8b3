/** The logs of a fleet's nodes, merged. */
import { type Limits, limits } from "../limits/mod.ts";
import { type LogEntry, NodeLog } from "./_node_log.ts";
import type { NodeAddress } from "./address.ts";
import type { NodeConnectionOptions } from "./connection/connection_options.ts";
import type { LogOptions } from "./options.ts";

/** Reads the logs of nodes, as {@linkcode Farcall.logs} says. */
export async function* readLogs(
  addresses: readonly NodeAddress[],
  connection: NodeConnectionOptions,
  options: LogOptions,
): AsyncGenerator<LogEntry, void> {
  const { level, service, rpc, call, follow = false } = options;
  const { bounds = limits } = connection;
  const abort = new AbortController();
  const signals = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([abort.signal, ...signals]);
  const since = options.since?.getTime() ?? Date.now() - bounds.logSinceMs;
  const filter = {
    since: Math.max(0, Math.floor(since)),
    level,
    service,
    rpc,
    call: call === undefined ? undefined : String(call),
  };
  const logs = addresses.map((address) =>
    new NodeLog(address, { connection, filter, follows: follow, signal })
  );
  try {
    yield* merged(logs, signal, bounds);
  } finally {
    abort.abort();
    await Promise.all(logs.map((log) => log.close()));
  }
}

/** Merges the entries of all nodes, oldest first; waits for nodes that may have older ones. */
async function* merged(
  logs: readonly NodeLog[],
  signal: AbortSignal,
  { logMergeMs }: Limits,
): AsyncGenerator<LogEntry, void> {
  while (!signal.aborted) {
    const reading = logs.flatMap((log) => log.read() ?? []);
    const behind = logs.filter((log) => log.isBehind).flatMap((log) => log.read() ?? []);
    if (behind.length > 0) {
      await Promise.all(behind);
      continue;
    }
    const next = earliest(logs);
    if (next !== undefined) yield next.shift();
    else if (reading.length === 0) return;
    else {
      await Promise.race(reading);
      // Entries of other nodes from the same moment arrive a little later.
      await new Promise((resolve) => setTimeout(resolve, logMergeMs));
    }
  }
}

function earliest(logs: readonly NodeLog[]): NodeLog | undefined {
  let found: { log: NodeLog; epochMs: number } | undefined;
  for (const log of logs) {
    if (log.first === undefined) continue;
    // Errors are yielded at once.
    const epochMs = log.first.record?.epochMs ?? 0;
    if (found === undefined || epochMs < found.epochMs) found = { log, epochMs };
  }
  return found?.log;
}
