/** Commands as data: what reads a command line, the help, completion, docs/cli.md and the man page are made of it. */
import { UsageError } from "../output.ts";

/** An option of a command. */
export interface OptionSpec {
  /** As the help shows it: `--json`, `-c, --config <FILE>`, `--rollback [GENERATION]`. */
  readonly flags: string;
  /** In a few words. */
  readonly description: string;
  /** Markdown for docs/cli.md, where it says more than the description. */
  readonly manual?: string;
  /** What holds without it, in words. */
  readonly default?: string;
  /** The variable of the environment that stands for it. */
  readonly variable?: string;
  /** Whether it may be given several times. */
  readonly isRepeatable?: true;
  /** Reads its value; left out, it is taken as it is. @throws {UsageError} */
  readonly parse?: (text: string) => unknown;
}

/** An argument of a command. */
export interface ArgumentSpec {
  /** `<SHELL>`, `[FILE]` or `[ARG...]`. */
  readonly name: string;
  readonly description: string;
  readonly manual?: string;
  readonly default?: string;
  readonly parse?: (text: string) => unknown;
}

/** What was typed, read: the arguments in order, an array for those that repeat, and the options by their names. */
// deno-lint-ignore no-explicit-any
export type Typed = { readonly args: readonly any[]; readonly options: any };

/** A command. */
export interface CommandSpec {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly args: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** What follows the options in the help: examples, exit codes. */
  readonly more?: string;
  /** The text after a mistake, before the help is named. */
  readonly afterMistake?: string;
  /** Whether only programs use it. */
  readonly isHidden?: true;
  /** Does it; `all` are all commands. @returns The exit code. */
  readonly run: (typed: Typed, all: readonly CommandSpec[]) => Promise<number> | number;
}

/** Whether an option takes a value. */
export function takesValue({ flags }: OptionSpec): boolean {
  return flags.includes("<") || flags.includes("[");
}

/** `--config` of `-c, --config <FILE>`. */
export function longFlag({ flags }: OptionSpec): string {
  return flags.split(" ").find((word) => word.startsWith("--"))!;
}

/** `-c` of `-c, --config <FILE>`, if any. */
export function shortFlag({ flags }: OptionSpec): string | undefined {
  const [first = ""] = flags.split(",");
  return first.startsWith("--") ? undefined : first;
}

/** The option of a command that a word names in full; undefined where none does. */
export function optionOf(
  { options }: Pick<CommandSpec, "options">,
  word: string,
): OptionSpec | undefined {
  return options.find((each) => longFlag(each) === word || shortFlag(each) === word);
}

/** What holds without an option or an argument: its variable, else its default. */
export function defaultText(
  { variable, default: otherwise }: { readonly variable?: string; readonly default?: string },
): string | undefined {
  const parts = [variable && `$${variable}`, otherwise].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(", else ");
}

/** A description with what holds otherwise, as the help shows it. */
export function helpText(spec: OptionSpec | ArgumentSpec): string {
  const repeatable = "isRepeatable" in spec ? "; repeatable" : "";
  const otherwise = defaultText(spec);
  return spec.description + repeatable +
    (otherwise === undefined ? "" : ` (default: ${otherwise})`);
}

/** `farcall call [SERVICE.RPC] [ARG…]`. */
export function synopsis({ name, args }: CommandSpec): string {
  // A required argument is written without its angle brackets, as in a sentence.
  const words = args.map(({ name }) => {
    return (name.startsWith("<") ? name.slice(1, -1) : name).replace("...", "…");
  });
  return ["farcall", name, ...words].join(" ");
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

/** Reads one of several words. */
export function oneOf(option: string, ...choices: string[]): (text: string) => string {
  return (text) => {
    if (isEmptyWord(text)) throw emptyWord(option);
    if (choices.includes(text)) return text;
    throw new UsageError(`${option} takes ${choices.join(", ")}; got "${text}"`);
  };
}

/** Reads a port; 0 is any that is free. */
export function parsePort(text: string): number {
  if (isEmptyWord(text)) throw emptyWord("the port");
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`"${text}" is not a port; ports go from 0 to 65535`);
}
