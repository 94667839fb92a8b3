/** `farcall doctor`: finds problems of this machine, its init.yaml and its nodes. */
import { join } from "node:path";
import { formatNode, readKey } from "../../lib/client/mod.ts";
import { type Configuration, scriptCallEdges } from "../../lib/config/mod.ts";
import { readConfiguration } from "../configuration.ts";
import { nodesOf, readStatus } from "../../lib/deploy/mod.ts";
import { messageOf } from "../../lib/errors/mod.ts";
import { software } from "../../lib/protocol/mod.ts";
import { exitWouldChange } from "../exit_codes.ts";
import { keyFor, keyPath } from "../key.ts";
import { withPresent } from "../present_nodes.ts";
import { type Color, coloredLines, printLine } from "../output.ts";
import { configurationFile, findConfiguration } from "../settings.ts";

/** The options of `doctor` as they are typed. */
export interface DoctorCommandOptions {
  config?: string;
  key?: string;
  json?: true;
}

/** A finding. */
interface Finding {
  readonly about: string;
  /** `unknown`: it could not be checked, which is not a problem by itself. */
  readonly state: "ok" | "trouble" | "unknown";
  readonly text: string;
}

/** The minimum of descriptors for a node with a few services: each executor takes four, each connection one. */
const descriptorsLeast = 4096;
const memoryLeast = 512 * 1024 ** 2;
const diskLeast = 1024 ** 3;
const dayMs = 24 * 3_600_000;
const certificateDaysLeast = 14;

/** Runs all checks, prints a line for each, and returns the exit code: 3 if there are problems. */
export async function doctor(
  argument: string | undefined,
  options: DoctorCommandOptions,
): Promise<number> {
  const isNamed = argument !== undefined || options.config !== undefined;
  const file = isNamed || await findConfiguration() !== undefined
    ? await configurationFile(argument, options)
    : undefined;
  const configuration = file === undefined
    ? undefined
    : await readConfiguration(file, { scripts: "ignore" });
  const findings = [
    await clock(),
    await descriptors(),
    await program("setpriv", "executors end with their node, and have no privileges to lose"),
    memory(),
    await disk(configuration?.folder ?? "."),
    ...await keys(options, configuration?.folder ?? "."),
    ...await certificates(configuration),
    ...await nodes(configuration, options),
  ];
  if (options.json) printLine(JSON.stringify({ findings }));
  else printFindings(findings);
  return findings.some(({ state }) => state === "trouble") ? exitWouldChange : 0;
}

const signs = { ok: "ok", trouble: "!!", unknown: "--" } as const;
const colors: Record<Finding["state"], Color> = { ok: "green", trouble: "red", unknown: "dim" };

function printFindings(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.map(({ about, state, text }) =>
    `${signs[state]}  ${about.padEnd(width)}  ${text}`
  );
  printLine(coloredLines(lines.join("\n"), (_, index) => colors[findings[index]!.state]));
}

/** A clock behind the program's own build date is wrong; the system knows whether it is synchronized. */
async function clock(): Promise<Finding> {
  const about = "clock";
  const { mtime } = await Deno.stat(Deno.execPath());
  if (mtime !== null && mtime.getTime() > Date.now() + dayMs) {
    const text = `it says ${new Date().toISOString()}, and farcall is newer; set it, or proofs ` +
      "of keys and certificates are refused";
    return { about, state: "trouble", text };
  }
  const said = await outputOf("timedatectl", ["show", "-p", "NTPSynchronized", "--value"]);
  if (said === "yes") return { about, state: "ok", text: "synchronized" };
  if (said === "no") {
    const text = "not synchronized; proofs of keys need clocks that agree: enable NTP";
    return { about, state: "trouble", text };
  }
  return {
    about,
    state: "unknown",
    text: "cannot tell whether it is synchronized (no timedatectl)",
  };
}

async function descriptors(): Promise<Finding> {
  const about = "descriptors";
  const said = await outputOf("sh", ["-c", "ulimit -n; ulimit -Hn"]);
  if (said === undefined) {
    return { about, state: "unknown", text: "cannot tell the limit (no shell)" };
  }
  const [soft, hard] = said.split("\n");
  const most = hard === "unlimited" ? Infinity : Number(hard);
  if (most >= descriptorsLeast) return { about, state: "ok", text: `${soft}, at most ${hard}` };
  const text =
    `at most ${hard}: a busy node runs out; set LimitNOFILE= or ulimit -n ${descriptorsLeast}`;
  return { about, state: "trouble", text };
}

async function program(name: string, purpose: string): Promise<Finding> {
  const found = await outputOf(name, ["--version"]);
  if (found !== undefined) return { about: name, state: "ok", text: found };
  const text = `missing: with it, ${purpose}; install util-linux`;
  return { about: name, state: "trouble", text };
}

function memory(): Finding {
  const { available } = Deno.systemMemoryInfo();
  const isEnough = available >= memoryLeast;
  const text = `${mebibytes(available)} available` +
    (isEnough ? "" : `; an executor takes up to ${mebibytes(memoryLeast)} unless limits say less`);
  return { about: "memory", state: isEnough ? "ok" : "trouble", text };
}

async function disk(folder: string): Promise<Finding> {
  const about = "disk";
  const line = (await outputOf("df", ["-Pk", folder]))?.split("\n").at(-1);
  const available = Number(line?.trim().split(/\s+/)[3] ?? NaN) * 1024;
  if (!Number.isFinite(available)) {
    return { about, state: "unknown", text: "cannot tell (df failed)" };
  }
  const isEnough = available >= diskLeast;
  const text = `${mebibytes(available)} available in ${folder}` +
    (isEnough ? "" : "; a node that cannot write its generation refuses deployments");
  return { about, state: isEnough ? "ok" : "trouble", text };
}

/** The key that commands use, and keys beside the init.yaml. */
async function keys({ key }: DoctorCommandOptions, folder: string): Promise<Finding[]> {
  const paths = new Set<string>();
  const used = keyPath(key);
  if (used !== undefined) paths.add(used);
  for (const name of await namesIn(folder, ".key")) paths.add(name);
  return await Promise.all([...paths].map(async (path): Promise<Finding> => {
    const about = `key ${path}`;
    try {
      await readKey(path);
      return { about, state: "ok", text: "its owner's alone" };
    } catch (error) {
      // A certificate's key has another format, and is equally secret.
      const { mode } = await Deno.stat(path).catch(() => ({ mode: null }));
      const isOpen = mode !== null && (mode & 0o077) !== 0;
      if (isOpen || path === used) return { about, state: "trouble", text: messageOf(error) };
      return { about, state: "ok", text: "its owner's alone; not a caller's key" };
    }
  }));
}

/** Certificates named by the file's servers, and those beside it. */
async function certificates(configuration: Configuration | undefined): Promise<Finding[]> {
  const folder = configuration?.folder ?? ".";
  const named = [...configuration?.servers.values() ?? []].flatMap(({ tls }) => tls?.ca ?? []);
  const paths = new Set([...named, ...await namesIn(folder, ".crt")]);
  const { X509Certificate } = await import("node:crypto");
  return await Promise.all([...paths].map(async (path): Promise<Finding> => {
    const about = `certificate ${path}`;
    try {
      const { validFrom, validTo } = new X509Certificate(await Deno.readTextFile(path));
      const days = Math.floor((Date.parse(validTo) - Date.now()) / dayMs);
      if (Date.parse(validFrom) > Date.now()) {
        return { about, state: "trouble", text: `not valid before ${validFrom}; check the clock` };
      }
      if (days < 0) return { about, state: "trouble", text: `expired on ${validTo}; renew it` };
      const isLong = days >= certificateDaysLeast;
      const text = `valid for ${days} days` + (isLong ? "" : "; renew it");
      return { about, state: isLong ? "ok" : "trouble", text };
    } catch (error) {
      return { about, state: "trouble", text: `cannot be read: ${messageOf(error)}` };
    }
  }));
}

/** Whether the file's nodes answer, and with which version; for silent ones on this machine, whether the port is free. */
async function nodes(
  configuration: Configuration | undefined,
  { key }: DoctorCommandOptions,
): Promise<Finding[]> {
  if (configuration === undefined) {
    const text = "no init.yaml here or in a folder above: nodes and ports were not checked";
    return [{ about: "nodes", state: "unknown", text }];
  }
  let present: Configuration;
  try {
    present = await withPresent(configuration);
  } catch (error) {
    return [{ about: "fleet", state: "trouble", text: messageOf(error) }];
  }
  const all = nodesOf(present);
  const found = await readStatus(all, { key: await keyFor(key) });
  const isUp = new Map(
    found.map(({ status }, index) => [all[index]!.address.name, status !== undefined]),
  );
  const answers = found.map(({ status, problem }, index): Finding => {
    const about = `node ${formatNode(all[index]!.address)}`;
    if (status === undefined) {
      const { host, port, nats } = all[index]!.address;
      if (host === "" && nats !== undefined) return { about, state: "trouble", text: problem! };
      return { about, state: "trouble", text: `${problem}${portText(host, port)}` };
    }
    const isSame = status.software === software;
    const text = `${status.software}, ${status.runtime}` +
      (isSame ? "" : `; this is ${software}: run one version everywhere`);
    return { about, state: isSame ? "ok" : "trouble", text };
  });
  return [...answers, ...scriptCalls(configuration, (node) => isUp.get(node) ?? false)];
}

/** Whether the providers of scripts' calls on other nodes are available. */
function scriptCalls(
  configuration: Configuration,
  isUp: (node: string) => boolean,
): Finding[] {
  return scriptCallEdges(configuration).filter(({ isHere }) => !isHere).map((edge): Finding => {
    const { caller, node, service, rpcs, servers } = edge;
    const there = servers.filter(({ name }) => isUp(name)).map(({ name }) => name);
    const about = `scripts of ${caller} on ${node}`;
    const called = rpcs.map((rpc) => `${service}.${rpc}`).join(", ");
    if (there.length > 0) return { about, state: "ok", text: `${called} on ${there.join(", ")}` };
    const names = servers.map(({ name }) => name).join(", ");
    return { about, state: "trouble", text: `cannot call ${called}: ${names} cannot be reached` };
  });
}

/** Whether a node could listen on an address of this machine. */
function portText(host: string, port: number): string {
  try {
    Deno.listen({ hostname: host, port }).close();
    return "; the port is free on this machine";
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "; another program listens there";
    if (error instanceof Deno.errors.PermissionDenied) return "; this user may not listen there";
    return ""; // The address is another machine's.
  }
}

async function namesIn(folder: string, ending: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && name.endsWith(ending)) found.push(folder === "." ? name : join(folder, name));
    }
  } catch {
    // An unreadable folder is ignored.
  }
  return found.sort();
}

/** A program's output; undefined if it is missing or fails. */
async function outputOf(command: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
