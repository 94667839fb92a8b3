/**
 * The options of `call`, and a parser for them without the command-line library, which takes longer to load than a call
 * (measured: under `deno run` 38 of 120 ms, the price of a first npm package).
 */
import { isScriptPin, scriptPinForm } from "../../lib/identity/mod.ts";
import { UsageError } from "../output.ts";
import {
  asOption,
  configOption,
  jsonOptionsAs,
  keyOption,
  serverOption,
  tlsOption,
  withJson,
} from "../usage/shared_options.ts";
import {
  emptyWord,
  isEmptyWord,
  longFlag,
  optionOf,
  type OptionSpec,
  takesValue,
} from "../usage/spec.ts";
import { variables } from "../usage/variables.ts";
import type { CallCommandOptions } from "./call_arguments.ts";

/** All of them, in the order of the help. */
export const callOptions: readonly OptionSpec[] = [
  configOption,
  serverOption,
  tlsOption,
  asOption,
  keyOption,
  {
    flags: "--args <JSON>",
    description: "the arguments as a JSON array; - reads standard input, @FILE a file",
  },
  {
    flags: "--types <TYPES>",
    description: "select the overload with these types: int,int or 'List[int], str'",
    manual: "select the overload with these types: `int,int`, `'List[int], str'`",
    default: "the one that matches",
  },
  {
    flags: "--pin <SCRIPT>",
    description: "require this script: its id, or its first digits",
    manual: "require this script: at least 8 digits of its id",
    default: "any script",
    parse: parsePin,
  },
  {
    flags: "--timeout <DURATION>",
    description: "the deadline: 500ms, 10s, 2m, or seconds",
    manual: "the deadline, retries included: `500ms`, `10s`, `2m`; a bare number is seconds",
    variable: variables.timeout,
    default: "30s",
  },
  {
    flags: "--retries <N>",
    description: "retry up to N times if nothing has run or the rpc is idempotent",
    manual: "if no provider accepted the call, retry all of them up to N times",
    default: "0",
  },
  {
    flags: "--hedge <DURATION>",
    description: "if the rpc is idempotent, try a second provider after this: 50ms",
    manual:
      "if no answer has come after this (`50ms`), try a second provider too, provided that the " +
      "rpc is [idempotent](library.md#failures)",
    default: "never",
  },
  {
    flags: "--all",
    description: "call every provider at once, and print a line for each",
    manual: "call every provider at once, and print a line for each, see below",
  },
  {
    flags: "--on <SERVERS>",
    description: "call these servers at once, as --all does: s1,s2",
    manual:
      "call these servers at once, as `--all` does, whether they provide the service or not: " +
      "`s1,s2`, or addresses",
  },
  {
    flags: "--repeat <N>",
    description: "call N times and print latencies instead of values",
    manual:
      "call N times; print calls per second, latencies, failures by kind, and on a terminal a " +
      "histogram",
  },
  {
    flags: "--concurrency <N>",
    description: "with --repeat or --all: calls in flight at once",
    default: "1, or 32 nodes",
  },
  ...jsonOptionsAs("print JSON, even for a str"),
  {
    flags: "--verbose",
    description: "report the node, script and duration on standard error",
    manual:
      "report the node, script and duration on standard error; with deploy rights, also the stack " +
      "of an exception",
  },
  {
    flags: "--trace",
    description: "report where the call's time went on standard error",
    manual:
      "report where the call's time went on standard error: resolve, connect, handshake, queue, " +
      "execute, transfer",
  },
];

/** The parsed command line behind `call`. */
export interface PlainCall {
  readonly target: string | undefined;
  readonly args: readonly string[];
  readonly options: CallCommandOptions;
}

/**
 * Parses unambiguous command lines of `call`: options, each followed by its value, and arguments that do not begin with
 * a dash, except `-` itself.
 *
 * @returns undefined for anything else, including help and mistakes.
 * @throws {UsageError} If the value of an option is invalid.
 */
export function readPlainCall(words: readonly string[]): PlainCall | undefined {
  const options: Record<string, string | true> = {};
  const args: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
      continue;
    }
    const option = optionOf({ options: callOptions }, word);
    if (option === undefined) return undefined;
    const name = longFlag(option).slice("--".length);
    if (!takesValue(option)) {
      options[name] = true;
      continue;
    }
    const value = words[++index];
    if (value === undefined || value.startsWith("-") && value !== "-") return undefined;
    if (isEmptyWord(value)) throw emptyWord(longFlag(option));
    options[name] = option.parse === undefined ? value : option.parse(value) as string;
  }
  const [target, ...others] = args;
  if (target !== undefined && isEmptyWord(target)) throw emptyWord("SERVICE.RPC");
  return { target, args: others, options: withJson(options) };
}

function parsePin(text: string): string {
  if (isEmptyWord(text)) throw emptyWord("--pin");
  if (isScriptPin(text)) return text;
  throw new UsageError(`--pin: "${text}" is not ${scriptPinForm}; call --verbose prints it`);
}
