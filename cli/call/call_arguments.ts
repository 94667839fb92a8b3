/** Reads the arguments and options of `call` and `explain`. */
import {
  type CallOptions,
  connect,
  type Farcall,
  parseAddress,
  type ReadSource,
} from "../../lib/client/mod.ts";
import type { Configuration } from "../../lib/config/model.ts";
import { type TraceContext, traceContext, wantsTraces } from "../../lib/context/mod.ts";
import { messageOf } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { checkJson, decodeJsonText, parseJson } from "../../lib/encoding/mod.ts";
import { namePatterns } from "../../lib/manifest/names.ts";
import {
  formatQuantity,
  parseQuantity,
  quantityForms,
} from "../../lib/manifest/service_settings.ts";
import { keyPath } from "../key.ts";
import { type Origins, settingLabel, standardInputName } from "../settings.ts";
import { tlsIn } from "../tls.ts";
import { UsageError } from "../output.ts";
import { allOf, openInput, textOf } from "../text_input.ts";

/** The options of `call` and `explain` as they are typed. */
export interface CallCommandOptions {
  config?: string;
  server?: string;
  tls?: string;
  as?: string;
  key?: string;
  args?: string;
  types?: string;
  pin?: string;
  timeout?: string;
  /** The sources of settings that environment variables can provide. */
  origins?: Origins;
  retries?: string;
  hedge?: string;
  json?: true;
  verbose?: true;
  trace?: true;
  repeat?: string;
  concurrency?: string;
  all?: true;
  on?: string;
}

/** A typed call. */
export interface TypedCall {
  readonly service: string;
  readonly rpc: string;
  readonly values: readonly unknown[];
  readonly callOptions: CallOptions & {
    form: "texts" | "json";
    readSource: ReadSource;
    context: TraceContext | undefined;
  };
}

/** Parses a target, its arguments and the options of the call itself. */
export async function readCall(
  target: string,
  args: readonly string[],
  options: CallCommandOptions,
): Promise<TypedCall> {
  const { service, rpc } = parseTarget(target, args);
  const timeoutMs = timeoutIn(options);
  const retries = options.retries === undefined
    ? undefined
    : countIn("--retries", options.retries, { least: 0, most: limits.retriesMax });
  const hedgeMs = options.hedge === undefined ? undefined : durationIn("--hedge", options.hedge);
  const types = options.types === undefined ? undefined : splitTypes(options.types);
  const { values, form } = await readArguments(args, options.args);
  const { pin } = options;
  const readSource = sourceReader();
  const context = traceContext(Deno.env.get("TRACEPARENT"), Deno.env.get("TRACESTATE"));
  const callOptions = { types, pin, timeoutMs, retries, hedgeMs, form, readSource, context };
  return { service, rpc, values, callOptions };
}

/** The checked model of an init.yaml; undefined for a node, and if `connect` should read the file. */
async function modelOf(target: string): Promise<Configuration | undefined> {
  if (parseAddress(target) !== undefined) return undefined;
  const { loadChecked } = await import("../../lib/config/checked_models.ts");
  return await loadChecked(target);
}

/** Connects as the options say. */
export async function connectFor(options: CallCommandOptions): Promise<Farcall> {
  const timeoutMs = timeoutIn(options);
  const target = whereTo(options);
  if (wantsTraces()) (await import("./_trace_notes.ts")).printTraceProblems();
  return await connect(await modelOf(target) ?? target, {
    as: options.as,
    key: keyPath(options.key),
    server: options.server,
    tls: tlsIn(options.tls, options.server),
    timeoutMs,
    connectTimeoutMs: Math.min(timeoutMs ?? Infinity, limits.connectTimeoutMs),
  });
}

function timeoutIn({ timeout, origins }: CallCommandOptions): number | undefined {
  return timeout === undefined ? undefined : durationIn(settingLabel("timeout", origins), timeout);
}

/** A whole number between bounds. */
export function countIn(
  option: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && count <= most) return count;
  throw new UsageError(`${option} takes a number from ${least} to ${most}; got "${text}"`);
}

/** Whether a target names an rpc, and not only a service: `math.add`, or `math/add` as in a URL. */
export function namesRpc(target: string): boolean {
  return /[./]/.test(target);
}

function parseTarget(target: string, args: readonly string[]): { service: string; rpc: string } {
  const [service, rpc] = splitAt(target, target.search(/[./]/));
  if (service !== "" && rpc !== "") return { service, rpc };
  const [next] = args;
  const meant = !namesRpc(target) && next !== undefined && namePatterns.rpc[0].test(next)
    ? `did you mean ${target}.${next}?`
    : "write SERVICE.RPC, such as math.add";
  throw new UsageError(`"${target}" names no rpc; ${meant}`);
}

function splitAt(text: string, index: number): [before: string, after: string] {
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** The file that lists the providers, or the node's address. */
export function whereTo({ config, server }: CallCommandOptions): string {
  const target = config ?? server;
  if (target === standardInputName) {
    throw new UsageError("standard input is for arguments here; name a file with --config");
  }
  if (target !== undefined) return target;
  throw new UsageError(
    "which node? There is no init.yaml here or in a folder above; name a node with --server HOST:PORT, " +
      "or a file with --config",
  );
}

async function readArguments(
  args: readonly string[],
  json: string | undefined,
): Promise<{ values: readonly unknown[]; form: "texts" | "json" }> {
  if (json === undefined) return { values: args, form: "texts" };
  if (args.length > 0) throw new UsageError("give arguments one by one or with --args, not both");
  const named = json === "-" || json.startsWith("@") ? await readJson(json) : undefined;
  let values: unknown;
  try {
    const text = named === undefined ? json : decodeJsonText(named);
    checkJson(text);
    values = parseJson(text);
  } catch (error) {
    throw new UsageError(`--args: ${messageOf(error)}; write a JSON array: --args '[2, 3]'`);
  }
  if (Array.isArray(values)) return { values, form: "json" };
  throw new UsageError("--args takes a JSON array, one element per argument: --args '[2, 3]'");
}

/** Reads named sources of arguments, each once even if the call is retried, because standard input can be read once. */
function sourceReader(): ReadSource {
  const reads = new Map<string, Promise<Uint8Array>>();
  const read = async (named: string): Promise<Uint8Array> => {
    using input = await openInput(named).catch((error) => {
      if (!(error instanceof UsageError)) throw error;
      const hint = `an argument @PATH is what the file holds; write @${named} for the text`;
      throw new UsageError(`${error.message}; ${hint}`, { cause: error.cause });
    });
    return await allOf(input, limits.messageBytesMax);
  };
  return (named) => {
    const bytes = reads.get(named) ?? read(named);
    reads.set(named, bytes);
    return bytes;
  };
}

/** Reads JSON in UTF-8 from a named source: `-`, or `@PATH`. */
async function readJson(named: string): Promise<Uint8Array> {
  using input = await openInput(named);
  // Indentation and escapes count for nothing in a message; what exceeds one is told as that.
  const bytes = await allOf(input, 4 * limits.messageBytesMax);
  textOf(bytes, input);
  return bytes;
}

/** Splits at commas outside brackets. */
function splitTypes(text: string): string[] {
  if (text.trim() === "") return [];
  const types: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "[") depth += 1;
    else if (text[index] === "]") depth -= 1;
    else if (text[index] === "," && depth === 0) {
      types.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return [...types, text.slice(start).trim()];
}

/** `500ms`, `10s`, `2m`, `1h`, in milliseconds; a number alone is seconds. */
function durationIn(option: string, text: string): number {
  const durationMs = parseQuantity(/^[\d.]+$/.test(text) ? `${text}s` : text, "duration");
  if (durationMs !== undefined && durationMs > limits.callTimeoutMsMax) {
    const longest = formatQuantity(limits.callTimeoutMsMax, "duration");
    throw new UsageError(`${option} ${text} is too long; the maximum is ${longest}`);
  }
  if (durationMs !== undefined) return durationMs;
  throw new UsageError(`${option} takes ${quantityForms.duration}; got "${text}"`);
}
