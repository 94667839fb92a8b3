/** `farcall call`: one call from the shell. */
import { CallTrace, type Reply, wayText } from "../../lib/client/mod.ts";
import { wantsTraces } from "../../lib/context/mod.ts";
import { Cancelled, FarcallError } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { roundMs } from "../../lib/log/mod.ts";
import { formatQuantity } from "../../lib/manifest/service_settings.ts";
import { scriptIdShownLength } from "../../lib/identity/mod.ts";
import { stringifyJson } from "../../lib/encoding/mod.ts";
import {
  type CallCommandOptions,
  connectFor,
  countIn,
  namesRpc,
  readCall,
} from "./call_arguments.ts";
import { Interruption } from "../interruption.ts";
import type { Repetition } from "./_repeat.ts";
import { exitInterrupted } from "../exit_codes.ts";
import { callerSettings, settingLabel } from "../settings.ts";
import { isTerminal, printError, printLine, printNote, UsageError, writeBytes } from "../output.ts";

/** The width of the names that `--trace` prints. */
const traceNameWidth = 9;

/** The durations of all calls are kept until the end. */
const repetitionsMax = 10_000_000;

/** Calls, prints the value, and returns the exit code; without an rpc, lists what may be called. */
export async function call(
  target: string | undefined,
  args: readonly string[],
  typed: CallCommandOptions,
): Promise<number> {
  if (typed.all || typed.on !== undefined) {
    const { callAll } = await import("./_call_all.ts");
    // All providers are called, even if the environment names a node.
    return await callAll(
      target,
      args,
      await callerSettings(typed, ["config", "as", "key", "timeout"]),
    );
  }
  const options = await callerSettings(typed);
  if (target === undefined || (args.length === 0 && !namesRpc(target))) {
    const { list } = await import("../services/list.ts");
    return await list(target, options);
  }
  const trace = options.trace && new CallTrace();
  const read = await readCall(target, args, options);
  const { service, rpc, values } = read;
  const repetition = repetitionIn(options);
  if (repetition !== undefined && trace !== undefined) {
    throw new UsageError("--trace shows one call; --repeat sums up many: leave one of them out");
  }
  using interruption = new Interruption();
  const { signal } = interruption;
  const callOptions = { ...read.callOptions, signal };
  const startedMs = performance.now();
  await using farcall = await connectFor(options);
  if (repetition !== undefined) {
    const { repeatCall } = await import("./_repeat.ts");
    const callsOptions = { ...callOptions, openSource: openAgain };
    const calls = { service, rpc, values, callOptions: callsOptions };
    return await repeatCall(farcall, calls, repetition, options);
  }
  const printServed = async ({ script, node }: { script?: string; node?: string }) => {
    const tookMs = performance.now() - startedMs;
    const isWanted = options.verbose || trace !== undefined;
    const way = isWanted && node !== undefined && await farcall.wayTo(node);
    if (way && trace !== undefined) printNote(`${"way".padEnd(traceNameWidth)} ${wayText(way)}`);
    if (!options.verbose || script === undefined) return;
    const shown = `script ${script.slice(0, scriptIdShownLength)} on ${node}`;
    printNote(`${shown}, ${way ? `${wayText(way)}, ` : ""}${roundMs(tookMs)} ms`);
  };
  const printSpans = async (): Promise<void> => {
    if (!options.verbose || !wantsTraces()) return;
    await (await import("./_trace_notes.ts")).printExported(farcall);
  };
  try {
    const reply = await farcall.reply(service, rpc, values, {
      ...callOptions,
      openSource: open,
      trace,
    });
    if (reply.signature.resultStream === undefined) printReply(reply, options);
    else await printStream(reply, options);
    await printServed(reply);
    if (trace !== undefined) await printTrace(trace);
    await printSpans();
    return 0;
  } catch (error) {
    if (signal.aborted && error instanceof Cancelled) {
      const how = error.node === undefined
        ? error.message
        : `the call was cancelled on ${error.node}`;
      printNote(`farcall: interrupted: ${how}`);
      // Does not wait even for a connection in progress.
      Deno.exit(exitInterrupted);
    }
    const exitCode = await printError(error);
    if (!(error instanceof FarcallError)) return exitCode;
    if (error.code === "Deadline Exceeded") {
      const timeoutMs = callOptions.timeoutMs ?? limits.callTimeoutMs;
      const label = settingLabel("timeout", options.origins);
      printNote(`  the call asked for ${formatQuantity(timeoutMs, "duration")} (${label})`);
    }
    const isOfNode = error.code === "Service Not Found" && error.node !== undefined;
    if (error.code === "RPC Not Found" || isOfNode) {
      const { printMeant } = await import("../services/list.ts");
      await printMeant({ service, rpc }, options);
    }
    if (options.verbose && error.code === "Execution Exception") {
      const { printFailure } = await import("./_failure.ts");
      await printFailure(error, options);
    }
    await printServed(error);
    await printSpans();
    return exitCode;
  }
}

async function printTrace(trace: CallTrace): Promise<void> {
  const { traceText } = await import("./_trace.ts");
  printNote(traceText(trace));
}

function repetitionIn({ repeat, concurrency }: CallCommandOptions): Repetition | undefined {
  if (repeat === undefined) {
    if (concurrency === undefined) return undefined;
    throw new UsageError(
      "--concurrency goes with --repeat or --all: --repeat 1000 --concurrency 16",
    );
  }
  return {
    count: countIn("--repeat", repeat, { least: 1, most: repetitionsMax }),
    concurrency: concurrency === undefined
      ? 1
      : countIn("--concurrency", concurrency, { least: 1, most: repetitionsMax }),
  };
}

/** Loads the module for streams on first use. */
async function* open(name: string, type: string): AsyncGenerator<unknown, void> {
  const { openSource } = await import("./_streams.ts");
  yield* openSource(name, type);
}

/** Each of many calls reads a file from its beginning. */
function openAgain(name: string, type: string): AsyncIterable<unknown> {
  if (name !== "-") return open(name, type);
  throw new UsageError(
    "--repeat calls many times, but standard input can be read only once; name a file: @PATH",
  );
}

async function printStream(
  { value, signature }: Reply,
  options: CallCommandOptions,
): Promise<void> {
  const { printItems } = await import("./_streams.ts");
  await printItems(value as AsyncIterable<unknown>, signature, options);
}

/**
 * A `str` unchanged, anything else as JSON, several values one per line. Plain `bytes` go to a file or a pipe
 * unchanged; a terminal shows them as base64.
 */
function printReply({ value, signature }: Reply, options: CallCommandOptions): void {
  const values = signature.resultToJson(value);
  if (options.json) {
    printLine(stringifyJson(values.length === 1 ? values[0] : values.length === 0 ? null : values));
    return;
  }
  if (signature.returns.length === 1 && signature.returns[0] === "bytes" && !isTerminal("stdout")) {
    return writeBytes(value as Uint8Array);
  }
  values.forEach((value, index) => {
    printLine(signature.returns[index] === "str" ? value as string : stringifyJson(value));
  });
}
