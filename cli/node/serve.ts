/** `farcall serve`: a node in the foreground. */
import { parseAddress, readKey } from "../../lib/client/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { type LogLevel, roundMs } from "../../lib/log/mod.ts";
import { openLog, type OpenLogOptions } from "../../lib/log/open_log.ts";
import { type CertificateFiles, type FarcallNode, serveNode } from "../../lib/server/mod.ts";
import { formatAddress } from "../../lib/transport/mod.ts";
import {
  isLabel,
  labelForm,
  namePatterns,
  parseQuantity,
  quantityForms,
} from "../../lib/manifest/mod.ts";
import {
  fleetForm,
  fleetPattern,
  natsUrlForm,
  parseNatsUrl,
} from "../../lib/identity/nats_address.ts";
import { type Over, overForms, parseOver, schemeOf, shortKey } from "../../lib/identity/mod.ts";
import { sourceStack } from "../../lib/packed/source_stack.ts";
import { software } from "../../lib/protocol/mod.ts";
import { leaveNoCoreFile } from "./_core_files.ts";
import { unwritable } from "../new_file.ts";
import { readPublicKeys } from "../public_keys.ts";
import { reportLine, showsColors, UsageError } from "../output.ts";

/** The options of `serve` as they are typed. */
export interface ServeCommandOptions {
  port?: number;
  root?: string;
  name?: string;
  advertise?: string[];
  deployKey?: string[];
  limit?: string[];
  grant?: string[];
  allowOrigin?: string[];
  host?: string[];
  over?: string;
  nats?: string;
  fleet?: string;
  natsCa?: string;
  labels?: string;
  nodeKey?: string;
  metricsAllow?: string[];
  metricsPort?: number;
  tlsCert?: string;
  tlsKey?: string;
  requireTls?: true;
  log?: string;
  logMax?: string;
  logKeep?: string;
  logFormat: "text" | "json";
  logLevel: LogLevel;
}

/**
 * Serves until SIGINT or SIGTERM, then drains; a second signal exits immediately. SIGHUP, which a closing terminal
 * sends, too, reopens the log.
 */
export async function serve(
  typedHost: string | undefined,
  port: number | undefined,
  options: ServeCommandOptions,
): Promise<number> {
  const host = typedHost ?? "127.0.0.1";
  if (port !== undefined && options.port !== undefined && port !== options.port) {
    throw new UsageError(`which port, ${port} or ${options.port}? Give it once`);
  }
  if (port === undefined && /^\d+$/.test(host)) {
    throw new UsageError(`"${host}" is not a host; to choose the port alone, write --port ${host}`);
  }
  const address = parseAddress(host);
  if (address !== undefined) {
    const apart = `farcall serve ${address.host} ${address.port}`;
    throw new UsageError(`"${host}" is not a host; write the port as a second argument: ${apart}`);
  }
  const [namePattern, nameForm] = namePatterns.server;
  if (options.name !== undefined && !namePattern.test(options.name)) {
    throw new UsageError(
      `--name takes the name of a server, as in init.yaml (${nameForm}); got "${options.name}"`,
    );
  }
  const over = carrierIn(options);
  const tls = certificateIn(options);
  const nats = relayIn(options);
  const isListening = nats === undefined || typedHost !== undefined || options.port !== undefined;
  const deployKeys = await readPublicKeys("--deploy-key", options.deployKey ?? []);
  const nodeKey = options.nodeKey === undefined ? undefined : await readKey(options.nodeKey);
  await using opened = await open({
    file: options.log,
    format: options.logFormat,
    level: options.logLevel,
    colors: options.log === undefined && showsColors("stderr"),
    rotation: rotationIn(options),
    shownStack: sourceStack,
  });
  Deno.addSignalListener("SIGHUP", opened.reopen);
  const { log } = opened;
  const startedMs = performance.now();
  const withoutCoreFile = leaveNoCoreFile();
  const node = await serveNode({
    host: isListening ? host : undefined,
    nats,
    port: port ?? options.port,
    root: options.root,
    name: options.name,
    advertised: options.advertise,
    deployKeys,
    nodeKey,
    limits: options.limit,
    grants: options.grant,
    allowOrigins: options.allowOrigin,
    hosts: options.host,
    metricsAllow: options.metricsAllow,
    metricsPort: options.metricsPort,
    tls,
    over: options.over,
    log,
    logHistory: opened.history,
  });
  log.info("node.started", {
    address: addressOf(node, { over, nats: isListening ? undefined : nats }),
    root: node.root,
    generation: node.generation,
    deployKeys: deployKeys.length === 0 ? undefined : deployKeys.join(" "),
    nodeKey: node.relay?.key.publicKey,
    software,
    pid: Deno.pid,
    leavesCoreFile: await withoutCoreFile ? "no" : "as the system says",
    durationMs: roundMs(performance.now() - startedMs),
  });
  const signal = waitForSignal();
  reportLine(readyLine(node, { over, nats, isListening }));
  log.info("node.stopping", { signal: await signal });
  await node.stop();
  return 0;
}

async function open(options: OpenLogOptions): ReturnType<typeof openLog> {
  try {
    return await openLog(options);
  } catch (cause) {
    if (options.file === undefined) throw cause;
    throw unwritable("the log ", options.file, cause);
  }
}

/** When the log is rotated; undefined for never. */
function rotationIn({ log, logMax, logKeep }: ServeCommandOptions): OpenLogOptions["rotation"] {
  if (logMax === undefined) {
    if (logKeep === undefined) return undefined;
    throw new UsageError(
      "--log-keep needs --log-max SIZE, too: the size at which a log is rotated",
    );
  }
  if (log === undefined) throw new UsageError("--log-max needs --log FILE, too");
  const bytesMax = parseQuantity(logMax, "bytes");
  if (bytesMax === undefined) {
    throw new UsageError(`--log-max takes ${quantityForms.bytes}; got "${logMax}"`);
  }
  const keep = logKeep === undefined ? limits.logFilesKept : Number(logKeep);
  if (!/^\d{1,6}$/.test(logKeep ?? "1") || keep < 1) {
    throw new UsageError(`--log-keep takes a count from 1 on; got "${logKeep}"`);
  }
  return { bytesMax, keep };
}

/** Finds the files of the TLS certificate. @returns Undefined if the node runs without TLS. */
function certificateIn(
  { tlsCert: cert, tlsKey: key, requireTls }: ServeCommandOptions,
): CertificateFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert !== undefined || key !== undefined) {
    const [given, missing] = cert === undefined
      ? ["--tls-key", "--tls-cert"]
      : ["--tls-cert", "--tls-key"];
    throw new UsageError(
      `${given} needs ${missing} FILE, too; "farcall keygen --tls HOST" makes both`,
    );
  }
  if (!requireTls) return undefined;
  throw new UsageError(
    "--require-tls: there is no certificate; give --tls-cert FILE and --tls-key FILE, which " +
      '"farcall keygen --tls HOST" makes',
  );
}

/** The transport in place of TCP; not available with TLS. */
function carrierIn({ over: text, tlsCert, requireTls }: ServeCommandOptions): Over | undefined {
  if (text === undefined) return undefined;
  const carrier = parseOver(text);
  if (carrier === undefined) throw new UsageError(`--over takes ${overForms}; got "${text}"`);
  if (carrier === "tcp") return undefined;
  if (tlsCert === undefined && !requireTls) return carrier;
  throw new UsageError(
    `--over ${text} works only without TLS: over IP and UDP farcall has no encryption; remove --tls-cert, --tls-key and ` +
      "--require-tls, or --over",
  );
}

/** The NATS server to dial, and the fleet there; undefined if the node is reached by its address only. */
function relayIn({ nats: url, fleet, natsCa: ca, ...options }: ServeCommandOptions) {
  if (url === undefined) {
    const { labels, nodeKey } = options;
    if ([fleet, ca, labels, nodeKey].every((each) => each === undefined)) return undefined;
    throw new UsageError("--fleet, --labels, --node-key and --nats-ca need --nats URL, too");
  }
  if (parseNatsUrl(url) === undefined) {
    throw new UsageError(`--nats takes ${natsUrlForm}; got "${url}"`);
  }
  if (fleet === undefined || !fleetPattern.test(fleet)) {
    const got = fleet === undefined ? "is missing" : `got "${fleet}"`;
    throw new UsageError(`--nats needs --fleet NAME (${fleetForm}); ${got}`);
  }
  if (options.name === undefined) {
    throw new UsageError("--nats needs --name NAME: through NATS a node is reached by its name");
  }
  if (options.deployKey === undefined) {
    throw new UsageError(
      "--nats needs --deploy-key: nobody deploys through NATS without a key, since an address proves nothing there; " +
        '"farcall keygen" makes one',
    );
  }
  const credentials = Deno.env.get("FARCALL_NATS_CREDS") || undefined;
  return { url, fleet, ca, credentials, labels: labelsIn(options.labels) };
}

function labelsIn(text: string | undefined): string[] {
  const labels = (text ?? "").split(",").map((each) => each.trim()).filter((each) => each !== "");
  const wrong = labels.find((each) => !isLabel(each));
  if (wrong !== undefined) {
    throw new UsageError(
      `--labels takes labels with commas between (${labelForm}); got "${wrong}"`,
    );
  }
  return [...new Set(labels)];
}

/** Describes how the node can be reached. */
interface Ways {
  readonly over: Over | undefined;
  readonly nats: { readonly url: string; readonly fleet: string } | undefined;
  readonly isListening: boolean;
}

function addressOf(
  { host, port }: FarcallNode,
  { over, nats }: Pick<Ways, "over" | "nats">,
): string {
  return nats === undefined ? `${schemeOf(over)}${formatAddress(host, port)}` : `nats:${host}`;
}

function readyLine(node: FarcallNode, { over, nats, isListening }: Ways): string {
  const name = node.name === "" ? "" : ` as ${node.name}`;
  const { generation, serviceCount } = node;
  const serves = generation === 0
    ? 'nothing deployed yet ("farcall init" does)'
    : `generation ${generation}, ${serviceCount} ${serviceCount === 1 ? "service" : "services"}`;
  const tls = node.isSecure ? "speaks TLS only; " : "";
  const monitors = node.metricsPort === undefined
    ? ""
    : `health and metrics on port ${node.metricsPort}; `;
  const relay = nats === undefined
    ? ""
    : `, through ${nats.url} at nats:${nats.fleet}/${node.name}` +
      (node.relay?.problem === undefined ? "" : " as soon as that can be reached");
  const where = isListening ? ` on ${addressOf(node, { over, nats: undefined })}` : "";
  return `farcall is listening${where}${relay}${name}: ${serves}; ` +
    `${tls}${monitors}takes deployments ${
      deployersText(node)
    }; room for ${node.connectionsMax} connections; ` +
    `root ${node.root}`;
}

/** Maximum deploy keys named in the ready line; others are counted. */
const keysNamedMax = 3;

function deployersText({ deployKeys }: FarcallNode): string {
  if (deployKeys.length === 0) return "from this machine only";
  return deployKeys.length <= keysNamedMax
    ? `signed by ${deployKeys.map(shortKey).join(" or ")}`
    : `signed by one of ${deployKeys.length} keys`;
}

/** Resolves with the first signal to stop; the next one stops the node by force. */
function waitForSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => {
        if (isAsked) Deno.exit(signal === "SIGINT" ? 130 : 143);
        isAsked = true;
        resolve(signal);
      });
    }
  });
}
