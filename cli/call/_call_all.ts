/** `farcall call --all`: the same call on many nodes, one output line per answer. */
import { type NodeReply, type Reply, type Way, wayText } from "../../lib/client/mod.ts";
import { wantsTraces } from "../../lib/context/mod.ts";
import { Cancelled, type FarcallError } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { roundMs } from "../../lib/log/mod.ts";
import { stringifyJson } from "../../lib/encoding/mod.ts";
import { scriptIdShownLength } from "../../lib/identity/mod.ts";
import {
  type CallCommandOptions,
  connectFor,
  countIn,
  namesRpc,
  readCall,
} from "./call_arguments.ts";
import { Interruption } from "../interruption.ts";
import { exitCodeOf, exitInterrupted } from "../exit_codes.ts";
import { printLine, printNote, UsageError } from "../output.ts";

/** Calls, prints a line for each node as it answers, and a summary. @returns The worst exit code. */
export async function callAll(
  target: string | undefined,
  args: readonly string[],
  options: CallCommandOptions,
): Promise<number> {
  refuseOthers(options);
  if (target === undefined || (args.length === 0 && !namesRpc(target))) {
    throw new UsageError(
      "--all calls an rpc on every provider; name it: farcall call --all math.add 2 3",
    );
  }
  const { service, rpc, values, callOptions } = await readCall(target, args, options);
  const concurrency = options.concurrency === undefined
    ? undefined
    : countIn("--concurrency", options.concurrency, { least: 1, most: limits.callAllAtOnceMax });
  const on = options.on === undefined ? undefined : serversIn(options.on);
  using interruption = new Interruption();
  const { signal } = interruption;
  await using farcall = await connectFor(options);
  const names = farcall.namesOfAll(service, on);
  const lines = new NodeLines(names, options);
  const startedMs = performance.now();
  const outcome = { answered: 0, cancelled: 0, failed: 0, exitCode: 0 };
  const answers = farcall.replyAll(service, rpc, values, {
    ...callOptions,
    trace: undefined,
    on,
    concurrency,
    signal,
    openSource: openForEach,
    settle: (reply, node) => lines.printItems(reply, node),
  });
  for await (const answer of answers) {
    if (answer.error === undefined) {
      outcome.answered += 1;
      lines.print(answer);
    } else if (signal.aborted && answer.error instanceof Cancelled) outcome.cancelled += 1;
    else {
      outcome.failed += 1;
      outcome.exitCode = Math.max(outcome.exitCode, exitCodeOf(answer.error.code));
      lines.printError(answer.node, answer.error);
    }
    if (options.verbose) {
      const connection = answer.reply?.node ?? answer.error?.node;
      const way = connection === undefined ? undefined : await farcall.wayTo(connection);
      printNote(servedText(answer, way));
    }
  }
  const { answered, failed, cancelled } = outcome;
  printNote(
    `${counted(names.length, "node")}: ${answered} answered, ${failed} failed` +
      (cancelled === 0 ? "" : `, ${cancelled} cancelled`) +
      `, ${roundMs(performance.now() - startedMs)} ms`,
  );
  if (options.verbose && wantsTraces()) {
    await (await import("./_trace_notes.ts")).printExported(farcall);
  }
  if (!signal.aborted) return outcome.exitCode;
  printNote("farcall: interrupted: the calls in flight were cancelled");
  // Does not wait even for a connection in progress.
  Deno.exit(exitInterrupted);
}

/** Refuses options that make no sense for several nodes. */
function refuseOthers({ server, repeat, trace, hedge }: CallCommandOptions): void {
  if (server !== undefined) {
    throw new UsageError("--server calls one node, --all every provider; use --on s1,s2 for some");
  }
  if (repeat !== undefined) {
    throw new UsageError("--repeat calls one node many times, --all each node once: leave one out");
  }
  if (trace !== undefined) {
    throw new UsageError("--trace shows one call; use --server to name the node, instead of --all");
  }
  if (hedge !== undefined) {
    throw new UsageError(
      "--hedge asks a second provider, and --all asks each of them: leave it out",
    );
  }
}

function serversIn(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new UsageError(`--on takes servers with commas between them, s1,s2; got "${text}"`);
}

/** Prints lines with their node's name. */
class NodeLines {
  readonly #width: number;
  readonly #isJson: boolean;

  constructor(names: readonly string[], { json }: CallCommandOptions) {
    this.#width = Math.max(...names.map((name) => name.length));
    this.#isJson = json ?? false;
  }

  print({ node, reply }: NodeReply & { readonly reply: Reply }): void {
    const { value, signature } = reply;
    // Its items were printed on arrival.
    if (signature.resultStream !== undefined) return;
    const values = signature.resultToJson(value);
    if (this.#isJson) {
      const whole = values.length === 1 ? values[0] : values.length === 0 ? null : values;
      return printLine(`{"node":${JSON.stringify(node)},"value":${stringifyJson(whole)}}`);
    }
    const texts = values.map((value, index) =>
      signature.returns[index] === "str" ? oneLine(value as string) : stringifyJson(value)
    );
    this.#line(node, texts.join(" "));
  }

  /** Prints the items of a stream on arrival; nothing if it is not a stream. */
  async printItems({ value, signature }: Reply, node: string): Promise<void> {
    if (signature.resultStream === undefined) return;
    const { codecOfText } = await import("../../lib/types/codec.ts");
    const type = signature.returns[0]!.slice("Stream[".length, -1);
    const codec = codecOfText(type);
    for await (const item of value as AsyncIterable<unknown>) {
      const json = codec.write(item, undefined);
      if (this.#isJson) printLine(`{"node":${JSON.stringify(node)},"item":${json}}`);
      else this.#line(node, type === "str" ? oneLine(item as string) : json);
    }
  }

  printError(node: string, { code, message, details }: FarcallError): void {
    if (this.#isJson) {
      return printLine(JSON.stringify({ node, error: { code, message, details } }));
    }
    const text = oneLine(`${code}: ${message}`);
    printLine([`${node.padEnd(this.#width)}  `, { text, color: "red" }]);
  }

  #line(node: string, text: string): void {
    printLine(`${node.padEnd(this.#width)}  ${text}`.trimEnd());
  }
}

/** A text unchanged, or as JSON if it would take several lines. */
function oneLine(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text) : text;
}

/** Each node reads a file from its beginning. */
function openForEach(name: string, type: string): AsyncIterable<unknown> {
  if (name === "-") {
    throw new UsageError(
      "standard input can be read only once, but every node needs it; name a file: @PATH",
    );
  }
  return {
    async *[Symbol.asyncIterator]() {
      const { openSource } = await import("./_streams.ts");
      yield* openSource(name, type);
    },
  };
}

function servedText({ node, reply, durationMs }: NodeReply, way: Way | undefined): string {
  const script = reply && `script ${reply.script.slice(0, scriptIdShownLength)}, `;
  const how = way && `${wayText(way)}, `;
  return `${node}: ${script ?? ""}${how ?? ""}${roundMs(durationMs)} ms`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
