/** Shell completion, which shells request on every press of Tab. */
import { type Configuration, loadConfiguration } from "../../lib/config/mod.ts";
import type { DescribedOverload } from "../../lib/protocol/mod.ts";
import { formatSignature } from "../../lib/types/mod.ts";
import { addressOf, formatNodeAddress } from "../../lib/client/mod.ts";
import { withPresent } from "../present_nodes.ts";
import { knownServices } from "./known_services.ts";
import { escapeControls } from "../../lib/log/mod.ts";
import { printLine } from "../output.ts";
import { callerSettings, configurationFile } from "../settings.ts";
import { globalOptions } from "../usage/shared_options.ts";
import { type CommandSpec, longFlag, optionOf, takesValue } from "../usage/spec.ts";

/** A candidate word, and its meaning. */
interface Candidate {
  readonly word: string;
  readonly meaning?: string;
}

interface KnownOverload extends DescribedOverload {
  readonly service: string;
}

/** The time limit of a completion. */
const completionTimeoutMs = 1000;

/**
 * Prints completions of a command line, one per line, with a tab before each meaning. Errors print nothing: the next
 * press of Tab tries again.
 *
 * @param line The line up to the cursor.
 */
export async function complete(line: string, commands: readonly CommandSpec[]): Promise<number> {
  const words = wordsOf(line);
  const last = words.at(-1)!;
  const candidates = await candidatesFor(words.slice(1), commands).catch(() => []);
  for (const { word, meaning } of candidates) {
    if (!word.startsWith(last)) continue;
    // The shell shows it on a terminal, although our output is a pipe.
    const shown = meaning && escapeControls(meaning.replaceAll(/\s+/g, " "));
    printLine(shown === undefined ? word : `${word}\t${shown}`);
  }
  return 0;
}

async function candidatesFor(
  words: readonly string[],
  commands: readonly CommandSpec[],
): Promise<readonly Candidate[]> {
  if (words.length <= 1) {
    return commands.filter(({ isHidden }) => !isHidden)
      .map(({ name, summary }) => ({ word: name, meaning: summary }));
  }
  const command = commands.find(({ name }) => name === words[0]);
  if (command === undefined) return [];
  const typed = typedSoFar(words.slice(1), command);
  if (typed.valueOf !== undefined) return await optionValues(typed.valueOf, typed);
  if (words.at(-1)!.startsWith("-") && !typed.isBehindDashes) {
    return [...command.options, ...globalOptions].map((option) => ({
      word: longFlag(option),
      meaning: option.description,
    }));
  }
  if (command.name !== "call" && command.name !== "explain") return [];
  const overloads = await knownOverloads(typed);
  const [first = "", ...args] = typed.positional;
  const target = first.replace("/", ".");
  return typed.positional.length === 1 ? targets(overloads, first) : skeletons(
    overloads.filter(({ service, rpc }) => `${service}.${rpc}` === target),
    args.length - 1,
  );
}

/** The words after the command; the last one is being completed. */
interface Typed {
  readonly positional: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** The option whose value is being completed, if any. */
  readonly valueOf: string | undefined;
  readonly isBehindDashes: boolean;
}

function typedSoFar(words: readonly string[], command: CommandSpec): Typed {
  const positional: string[] = [];
  const options = new Map<string, string>();
  let isBehindDashes = false;
  let valueOf: string | undefined;
  words.forEach((word, index) => {
    const isLast = index === words.length - 1;
    const before = words[index - 1]!;
    const option = isBehindDashes || index === 0 ? undefined : optionOf(command, before);
    if (option !== undefined && takesValue(option)) {
      if (isLast) valueOf = longFlag(option);
      options.set(longFlag(option), word);
    } else if (word === "--" && !isLast) isBehindDashes = true;
    else if (isBehindDashes || !word.startsWith("-") || word === "-") positional.push(word);
  });
  return { positional, options, valueOf, isBehindDashes };
}

async function optionValues(flag: string, typed: Typed): Promise<readonly Candidate[]> {
  switch (flag) {
    case "--server":
    case "--on":
    case "--only": {
      const { servers } = await withPresentSoon(await configurationOf(typed));
      return [...servers.values()].map((server) => ({
        word: server.name,
        meaning: server.description ?? formatNodeAddress(addressOf(server)),
      }));
    }
    case "--as": {
      const { clients } = await configurationOf(typed);
      return [...clients.values()].map(({ name, ip, key, description }) => ({
        word: name,
        meaning: description ?? ip ?? key,
      }));
    }
    case "--output":
      return ["text", "json"].map((word) => ({ word }));
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

/** Adds the present nodes of the fleet, if they answer in time. */
async function withPresentSoon(configuration: Configuration): Promise<Configuration> {
  const { promise: late, resolve } = Promise.withResolvers<Configuration>();
  const timer = setTimeout(() => resolve(configuration), completionTimeoutMs);
  try {
    return await Promise.race([withPresent(configuration).catch(() => configuration), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Services first, each with the dot after which its rpcs are completed. */
function targets(overloads: readonly KnownOverload[], typed: string): readonly Candidate[] {
  if (!/[./]/.test(typed)) {
    const services = new Set(overloads.map(({ service }) => service));
    const near = [...services].filter((service) => service.startsWith(typed));
    if (near.length > 1) return near.map((service) => ({ word: `${service}.` }));
  }
  // In the form that was typed: math/add is math.add.
  const separator = typed.includes("/") ? "/" : ".";
  const rpcs = Map.groupBy(overloads, ({ service, rpc }) => service + separator + rpc);
  return [...rpcs].map(([word, all]) => ({
    word,
    meaning: all[0]!.description ??
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

/** Sample values, to be edited, of the types that an argument may have. */
function skeletons(overloads: readonly KnownOverload[], index: number): readonly Candidate[] {
  const types = new Set(overloads.flatMap(({ args }) => args.slice(index, index + 1)));
  return [...types].flatMap((type) =>
    (skeletonsByType[type.split("[")[0]!] ?? []).map((word) => ({ word, meaning: type }))
  );
}

async function knownOverloads(typed: Typed): Promise<readonly KnownOverload[]> {
  const { config, server, as, key } = await settingsOf(typed);
  const services = await knownServices({
    file: config,
    server,
    tls: typed.options.get("--tls"),
    client: as,
    keyFile: key,
    timeoutMs: completionTimeoutMs,
  });
  return services.flatMap(({ name, overloads }) =>
    overloads.map((overload) => ({ service: name, ...overload }))
  );
}

function settingsOf({ options }: Typed): ReturnType<typeof callerSettings> {
  return callerSettings({
    config: options.get("--config"),
    server: options.get("--server"),
    as: options.get("--as"),
    key: options.get("--key"),
  });
}

async function configurationOf(typed: Typed): Promise<Configuration> {
  const file = await configurationFile(typed.options.get("--config"));
  return await loadConfiguration(file, { scripts: "ignore" });
}

/** Splits a line like a shell; the last word is unfinished, and empty after a space. */
function wordsOf(line: string): string[] {
  const words = [""];
  let quote = "";
  for (let index = 0; index < line.length; index++) {
    const sign = line[index]!;
    if (quote !== "") {
      if (sign === quote) quote = "";
      else words[words.length - 1]! += sign;
    } else if (sign === "'" || sign === '"') quote = sign;
    else if (sign === "\\" && index + 1 < line.length) words[words.length - 1]! += line[++index]!;
    else if (/\s/.test(sign)) {
      if (words.at(-1) !== "") words.push("");
    } else words[words.length - 1]! += sign;
  }
  return words;
}
