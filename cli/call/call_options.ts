/**
 * The options of `call`, and a reading of them without the library for command lines, whose loading
 * takes longer than a call does (measured: under `deno run` 38 of 120 ms, the price of a first npm package).
 */
import { isScriptPin, scriptPinForm } from "../../lib/identity/mod.ts";
import type { CallCommandOptions } from "./call_arguments.ts";
import { UsageError } from "../output.ts";

/** An option as the help shows it. */
export interface CallOption {
  /** `--name`, or `--name <VALUE>` where it takes one. */
  readonly flags: string;
  readonly description: string;
  /** Reads its value; left out, it is taken as it is. */
  readonly parse?: (text: string) => string;
}

/** All of them, in the order of the help. */
export const callOptions: readonly CallOption[] = [
  {
    flags: "--config <FILE>",
    description: "the file that lists the providers (default: ./init.yaml, if present)",
  },
  {
    flags: "--server <HOST:PORT>",
    description: "call this node: an address, or a server's name in the file",
  },
  {
    flags: "--tls <TRUST>",
    description: "with --server HOST:PORT: a CA file, sha256:… or system",
  },
  {
    flags: "--as <CLIENT>",
    description: "the client to call as (default: the first that matches)",
  },
  {
    flags: "--key <FILE>",
    description: "authenticate with this key (default: $FARCALL_KEY)",
  },
  {
    flags: "--args <JSON>",
    description: "the arguments as a JSON array; - reads standard input",
  },
  {
    flags: "--types <TYPES>",
    description: "select the overload with these types: int,int or 'List[int], str'",
  },
  {
    flags: "--pin <SCRIPT>",
    description: "require this script: its id, or the first digits of it",
    parse: parsePin,
  },
  {
    flags: "--timeout <DURATION>",
    description: "the deadline: 500ms, 10s, 2m, or seconds (default: 30s)",
  },
  {
    flags: "--retries <N>",
    description: "retry up to N times if nothing has run or the rpc is idempotent (default: 0)",
  },
  {
    flags: "--hedge <DURATION>",
    description: "if the rpc is idempotent, try a second provider after this: 50ms",
  },
  { flags: "--all", description: "call every provider at once, and print a line for each" },
  {
    flags: "--on <SERVERS>",
    description: "call these servers at once, as --all does: s1,s2",
  },
  {
    flags: "--repeat <N>",
    description: "call N times and print latencies instead of values",
  },
  {
    flags: "--concurrency <N>",
    description: "with --repeat or --all: calls in flight at once (default: 1, or 32 nodes)",
  },
  { flags: "--json", description: "print JSON, even for a str" },
  {
    flags: "--verbose",
    description: "report the node, script and duration on standard error",
  },
  { flags: "--trace", description: "report where the call's time went on standard error" },
];

/** What is behind `call` on a command line, read. */
export interface PlainCall {
  readonly target: string | undefined;
  readonly args: readonly string[];
  readonly options: CallCommandOptions;
}

/**
 * Reads what is behind `call` where it can be read in one way alone: options in full, each with its value
 * behind it, and arguments, none of which begins with a dash.
 *
 * @returns undefined for anything else, help and mistakes included.
 * @throws {UsageError} If the value of an option is none.
 */
export function readPlainCall(words: readonly string[]): PlainCall | undefined {
  const options: Record<string, string | true> = {};
  const args: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (!word.startsWith("-")) {
      args.push(word);
      continue;
    }
    const option = callOptions.find(({ flags }) => flags.split(" ")[0] === word);
    if (option === undefined) return undefined;
    const name = word.slice("--".length);
    if (option.flags === word) {
      options[name] = true;
      continue;
    }
    const value = words[++index];
    if (value === undefined || value.startsWith("-")) return undefined;
    if (isEmptyWord(value)) throw emptyWord(word);
    options[name] = option.parse?.(value) ?? value;
  }
  const [target, ...others] = args;
  if (target !== undefined && isEmptyWord(target)) throw emptyWord("SERVICE.RPC");
  return { target, args: others, options };
}

/** Whether a word says nothing: it is empty, or white space alone. */
export function isEmptyWord(word: string): boolean {
  return word.trim() === "";
}

/** The error for an empty word on the command line. @param what An option, or the name of an argument. */
export function emptyWord(what: string): UsageError {
  return new UsageError(
    `${what} is empty; is a shell variable unset? Give a value, or leave ${what} out`,
  );
}

function parsePin(text: string): string {
  if (isEmptyWord(text)) throw emptyWord("--pin");
  if (isScriptPin(text)) return text;
  throw new UsageError(`--pin: "${text}" is not ${scriptPinForm}; call --verbose prints it`);
}
