/** Shell completion: the scripts for shells, and what they ask for on every press of the key. */
import { type Configuration, loadConfiguration } from "../../lib/config/mod.ts";
import type { DescribedOverload } from "../../lib/protocol/mod.ts";
import { formatSignature } from "../../lib/types/mod.ts";
import { knownServices } from "./known_services.ts";
import { printLine, UsageError } from "../output.ts";

/** One command with what may stand behind it. */
export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    readonly takesValue: boolean;
  }[];
}

/** A word that may stand there, and what it means. */
interface Candidate {
  readonly word: string;
  readonly meaning?: string;
}

interface KnownOverload extends DescribedOverload {
  readonly service: string;
}

/** Nobody waits longer than this for a press of a key. */
const patienceMs = 1000;

/**
 * Prints what may stand at the end of a line, one a line, with a tab before its meaning. Whatever goes wrong,
 * nothing is said: the next press of the key is another attempt.
 *
 * @param line The line up to the cursor.
 */
export async function complete(line: string, commands: readonly CommandShape[]): Promise<number> {
  const words = wordsOf(line);
  const last = words.at(-1)!;
  const candidates = await candidatesFor(words.slice(1), commands).catch(() => []);
  for (const { word, meaning } of candidates) {
    if (!word.startsWith(last)) continue;
    printLine(meaning === undefined ? word : `${word}\t${meaning.replaceAll(/\s+/g, " ")}`);
  }
  return 0;
}

async function candidatesFor(
  words: readonly string[],
  commands: readonly CommandShape[],
): Promise<readonly Candidate[]> {
  if (words.length <= 1) {
    return commands.map(({ name, description }) => ({ word: name, meaning: description }));
  }
  const command = commands.find(({ name }) => name === words[0]);
  if (command === undefined) return [];
  const typed = typedSoFar(words.slice(1), command);
  if (typed.valueOf !== undefined) return await optionValues(typed.valueOf, typed);
  if (words.at(-1)!.startsWith("-") && !typed.isBehindDashes) {
    return command.options.map(({ flag, description }) => ({ word: flag, meaning: description }));
  }
  if (command.name !== "call" && command.name !== "explain") return [];
  const overloads = await knownOverloads(typed);
  const [target, ...args] = typed.positional;
  return typed.positional.length === 1 ? targets(overloads, target) : skeletons(
    overloads.filter(({ service, rpc }) => `${service}.${rpc}` === target),
    args.length - 1,
  );
}

/** What stands behind the command, the last word being the one that is completed. */
interface Typed {
  readonly positional: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** The option whose value is completed; undefined where it is none. */
  readonly valueOf: string | undefined;
  readonly isBehindDashes: boolean;
}

function typedSoFar(words: readonly string[], command: CommandShape): Typed {
  const positional: string[] = [];
  const options = new Map<string, string>();
  let isBehindDashes = false;
  let valueOf: string | undefined;
  words.forEach((word, index) => {
    const isLast = index === words.length - 1;
    const before = words[index - 1];
    const option = isBehindDashes ? undefined : command.options.find(({ flag }) => flag === before);
    if (option?.takesValue) {
      if (isLast) valueOf = option.flag;
      options.set(option.flag, word);
    } else if (word === "--" && !isLast) isBehindDashes = true;
    else if (isBehindDashes || !word.startsWith("-") || word === "-") positional.push(word);
  });
  return { positional, options, valueOf, isBehindDashes };
}

async function optionValues(flag: string, typed: Typed): Promise<readonly Candidate[]> {
  switch (flag) {
    case "--server":
    case "--only": {
      const { servers } = await configurationOf(typed);
      return [...servers.values()].map(({ name, ip, port, description }) => ({
        word: name,
        meaning: description ?? `${ip}:${port}`,
      }));
    }
    case "--as": {
      const { clients } = await configurationOf(typed);
      return [...clients.values()].map(({ name, ip, key, description }) => ({
        word: name,
        meaning: description ?? ip ?? key,
      }));
    }
    case "--types": {
      const [target] = typed.positional;
      return (await knownOverloads(typed))
        .filter(({ service, rpc }) => `${service}.${rpc}` === target)
        .map(({ args, rpc, returns }) => ({
          word: `'${args.join(",")}'`,
          meaning: formatSignature(rpc, { args, returns }),
        }));
    }
    default:
      return [];
  }
}

/** Services first, each with the dot after which its rpcs are completed. */
function targets(overloads: readonly KnownOverload[], typed: string): readonly Candidate[] {
  if (!typed.includes(".")) {
    const services = new Set(overloads.map(({ service }) => service));
    const near = [...services].filter((service) => service.startsWith(typed));
    if (near.length > 1) return near.map((service) => ({ word: `${service}.` }));
  }
  const rpcs = Map.groupBy(overloads, ({ service, rpc }) => `${service}.${rpc}`);
  return [...rpcs].map(([word, all]) => ({
    word,
    meaning: all[0].description ??
      all.map(({ rpc, args, returns }) => formatSignature(rpc, { args, returns })).join("; "),
  }));
}

const skeletonsByType: Readonly<Record<string, readonly string[]>> = {
  int: ["0"],
  float: ["0.0"],
  bool: ["true", "false"],
  str: ["''"],
  bytes: ["''"],
  None: ["null"],
  List: ["'[]'"],
  Tuple: ["'[]'"],
  Dict: ["'{}'"],
  Optional: ["null"],
  Stream: ["-", "'[]'"],
};

/** Something of the right type for the argument at this place, to be edited. */
function skeletons(overloads: readonly KnownOverload[], place: number): readonly Candidate[] {
  const types = new Set(overloads.flatMap(({ args }) => args.slice(place, place + 1)));
  return [...types].flatMap((type) =>
    (skeletonsByType[type.split("[")[0]] ?? []).map((word) => ({ word, meaning: type }))
  );
}

async function knownOverloads({ options }: Typed): Promise<readonly KnownOverload[]> {
  const services = await knownServices({
    file: options.get("--config"),
    server: options.get("--server"),
    tls: options.get("--tls"),
    client: options.get("--as"),
    keyFile: options.get("--key"),
    timeoutMs: patienceMs,
  });
  return services.flatMap(({ name, overloads }) =>
    overloads.map((overload) => ({ service: name, ...overload }))
  );
}

function configurationOf(typed: Typed): Promise<Configuration> {
  return loadConfiguration(typed.options.get("--config") ?? "init.yaml", { scripts: "ignore" });
}

/** The words of a line as a shell splits it, the last one unfinished, and empty behind a space. */
function wordsOf(line: string): string[] {
  const words = [""];
  let quote = "";
  for (let index = 0; index < line.length; index++) {
    const sign = line[index];
    if (quote !== "") {
      if (sign === quote) quote = "";
      else words[words.length - 1] += sign;
    } else if (sign === "'" || sign === '"') quote = sign;
    else if (sign === "\\" && index + 1 < line.length) words[words.length - 1] += line[++index];
    else if (/\s/.test(sign)) {
      if (words.at(-1) !== "") words.push("");
    } else words[words.length - 1] += sign;
  }
  return words;
}

const scripts: Readonly<Record<string, string>> = {
  bash: `_farcall() {
  local word meaning
  COMPREPLY=()
  while IFS=$'\\t' read -r word meaning; do
    COMPREPLY+=("$word")
  done < <(farcall complete -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case "\${COMPREPLY[*]}" in
    "") compopt -o default ;;
    *.) compopt -o nospace ;;
  esac
}
complete -F _farcall farcall
`,
  zsh: `#compdef farcall
_farcall() {
  local -a words_ meanings
  local word meaning
  farcall complete -- "\${LBUFFER}" 2>/dev/null | while IFS=$'\\t' read -r word meaning; do
    words_+=("$word")
    meanings+=("\${word}\${meaning:+  -- $meaning}")
  done
  if (( \${#words_} == 0 )); then
    _files
  elif [[ "\${words_[1]}" == *. ]]; then
    compadd -Q -S '' -ld meanings -a words_
  else
    compadd -Q -ld meanings -a words_
  fi
}
compdef _farcall farcall
`,
  fish: `complete -c farcall -f -a '(farcall complete -- (commandline -cp) 2>/dev/null)'
complete -c farcall -n '__fish_seen_subcommand_from init status types' -F
`,
};

/** Prints the completion script of a shell. @returns The exit code. */
export function completions(shell: string): number {
  const script = scripts[shell];
  if (script === undefined) {
    throw new UsageError(`there are completions for bash, zsh and fish; got "${shell}"`);
  }
  printLine(script.trimEnd());
  return 0;
}
