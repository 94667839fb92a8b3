/** Commands as data: the source of the parser, the help, completions, docs/cli.md and the man page. */
import { UsageError } from "../output.ts";

/** An option of a command. */
export interface OptionSpec {
  /** As the help shows it: `--json`, `-c, --config <FILE>`, `--rollback [GENERATION]`. */
  readonly flags: string;
  /** A short description. */
  readonly description: string;
  /** Markdown for docs/cli.md, if longer than the description. */
  readonly manual?: string;
  /** The default, in words. */
  readonly default?: string;
  /** The environment variable that can set it. */
  readonly variable?: string;
  /** Whether it is repeatable. */
  readonly isRepeatable?: true;
  /** Parses its value; undefined for an unparsed string. @throws {UsageError} */
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

/** A parsed command line: the arguments in order, an array for repeatable ones, and the options by name. */
// deno-lint-ignore no-explicit-any
export type Typed = { readonly args: readonly any[]; readonly options: any };

/** A command. */
export interface CommandSpec {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly args: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Help text after the options: examples, exit codes. */
  readonly more?: string;
  /** The text after a usage error, before the pointer to the help. */
  readonly afterMistake?: string;
  /** Whether it is for programs only. */
  readonly isHidden?: true;
  /** Runs it; `all` are all commands. @returns The exit code. */
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

/** The command's option that a word spells in full, if any. */
export function optionOf(
  { options }: Pick<CommandSpec, "options">,
  word: string,
): OptionSpec | undefined {
  return options.find((each) => longFlag(each) === word || shortFlag(each) === word);
}

/** The value used without an option or an argument: its variable, else its default. */
export function defaultText(
  { variable, default: otherwise }: { readonly variable?: string; readonly default?: string },
): string | undefined {
  const parts = [variable && `$${variable}`, otherwise].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(", else ");
}

/** A description with its default, as in the help. */
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

/** Whether a word is empty or white space. */
export function isEmptyWord(word: string): boolean {
  return word.trim() === "";
}

/** The error for an empty word on the command line. @param what An option, or the name of an argument. */
export function emptyWord(what: string): UsageError {
  return new UsageError(
    `${what} is empty; is a shell variable unset? Give a value, or leave ${what} out`,
  );
}

/** Parses one of several words. */
export function oneOf(option: string, ...choices: string[]): (text: string) => string {
  return (text) => {
    if (isEmptyWord(text)) throw emptyWord(option);
    if (choices.includes(text)) return text;
    throw new UsageError(`${option} takes ${choices.join(", ")}; got "${text}"`);
  };
}

/** Parses a port; 0 for any free one. */
export function parsePort(text: string): number {
  if (isEmptyWord(text)) throw emptyWord("the port");
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`"${text}" is not a port; ports go from 0 to 65535`);
}
