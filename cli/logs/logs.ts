/** `farcall logs`: the nodes' logs, merged. */
import { connect, type LogEntry, parseAddress } from "../../lib/client/mod.ts";
import type { FarcallError } from "../../lib/errors/mod.ts";
import { formatJson, formatText } from "../../lib/log/format.ts";
import type { LogLevel, LogRecord } from "../../lib/log/mod.ts";
import { parseQuantity, quantityForms } from "../../lib/manifest/mod.ts";
import { exitCodeOf } from "../exit_codes.ts";
import { keyPath } from "../key.ts";
import { printNote, showsColors, UsageError, writeText } from "../output.ts";
import { configurationFile, nodeMeantBy, withVariables } from "../settings.ts";
import { tlsIn } from "../tls.ts";

/** The options of `logs` as they are typed. */
export interface LogsCommandOptions {
  config?: string;
  follow?: true;
  since?: string;
  service?: string;
  rpc?: string;
  call?: string;
  level?: LogLevel;
  tls?: string;
  as?: string;
  key?: string;
  json?: true;
}

/** Prints the records of some or all nodes. @returns The worst exit code of any node. */
export async function logs(named: readonly string[], typed: LogsCommandOptions): Promise<number> {
  const options = withVariables(typed, ["config", "key"]);
  const nodes = await Promise.all(named.map((node) => nodeMeantBy(node, options.config)));
  await using farcall = await connect(await targetOf(nodes, options), {
    as: options.as,
    key: keyPath(options.key),
    tls: tlsIn(options.tls, nodes),
  });
  const { service, rpc, call, level, follow } = options;
  const entries = farcall.logs({
    on: nodes.length === 0 ? undefined : nodes,
    since: options.since === undefined ? undefined : sinceIn(options.since),
    ...{ service, rpc, call, level, follow },
  });
  const colors = showsColors("stdout");
  let exitCode = 0;
  for await (const entry of entries) {
    if (entry.error === undefined) writeText(shown(entry, { json: options.json, colors }));
    else {
      exitCode = Math.max(exitCode, exitCodeOf(entry.error.code));
      printNote(problemText(entry.node, entry.error));
    }
  }
  return exitCode;
}

/** The file that names the nodes, or the single node, which needs no file. */
async function targetOf(nodes: readonly string[], options: LogsCommandOptions): Promise<string> {
  const isAddress = (node: string): boolean => parseAddress(node) !== undefined;
  const { config } = options;
  if (config === undefined && nodes.length > 0 && nodes.every(isAddress)) return nodes[0]!;
  return await configurationFile(undefined, options);
}

/** A duration ago, such as `10m`, or a time: `2026-11-30T02:00:00Z`. */
function sinceIn(text: string): Date {
  const agoMs = parseQuantity(/^\d+$/.test(text) ? `${text}s` : text, "duration");
  if (agoMs !== undefined) return new Date(Date.now() - agoMs);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw new UsageError(
    `--since takes ${quantityForms.duration}, or a time such as 2026-11-30T02:00:00Z; got "${text}"`,
  );
}

function shown(
  { node, record }: LogEntry & { readonly error?: undefined },
  { json, colors }: { readonly json?: true; readonly colors: boolean },
): string {
  const named = record as LogRecord;
  return json ? formatJson(named, node) : formatText(named, colors, node);
}

function problemText(node: string, { code, message }: FarcallError): string {
  const from = message.includes(node) ? "" : ` (said by ${node})`;
  return `farcall: ${code}: ${message}${from}`;
}
