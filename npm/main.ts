#!/usr/bin/env node
/** `farcall` where there is Node.js and no executable: calls, and nothing else. */
import { call } from "../cli/call/call.ts";
import { callOptions, readPlainCall } from "../cli/call/call_options.ts";
import { exitUsage } from "../cli/exit_codes.ts";
import { printError, printLine, printNote } from "../cli/output.ts";
import { helpText, optionOf } from "../cli/usage/spec.ts";
import { version } from "../lib/protocol/mod.ts";

const usage = "usage: farcall call [OPTIONS] SERVICE.RPC [ARGUMENT…]";

function help(): string {
  const width = Math.max(...callOptions.map(({ flags }) => flags.length));
  const options = callOptions.map((option) =>
    `  ${option.flags.padEnd(width)}  ${helpText(option)}`
  );
  return [
    usage,
    "",
    "Calls an rpc and prints its value; without arguments, lists what may be called.",
    "",
    ...options,
    "",
    "Nodes, deployments and all other commands need the executable: see https://github.com/farcall",
  ].join("\n");
}

async function main([command, ...words]: readonly string[]): Promise<number> {
  if (command === "--version" || command === "version") {
    printLine(version);
    return 0;
  }
  const asksForHelp = command === undefined || words.includes("--help");
  if (asksForHelp || command === "--help" || command === "help") {
    printLine(help());
    return 0;
  }
  if (command !== "call") {
    printNote(`farcall: "${command}" needs the executable; under Node.js there is only call`);
    return exitUsage;
  }
  try {
    // `--name=value` is the same as `--name value`.
    const parts = words.flatMap((word) => /^--[a-z-]+=/.test(word) ? splitOnce(word) : word);
    const plain = readPlainCall(parts);
    if (plain !== undefined) return await call(plain.target, plain.args, plain.options);
    printNote(`farcall: ${whyUnread(parts)}\n${usage}\nrun "farcall --help" for the options`);
    return exitUsage;
  } catch (error) {
    return printError(error);
  }
}

function splitOnce(word: string): string[] {
  const end = word.indexOf("=");
  return [word.slice(0, end), word.slice(end + 1)];
}

/** The first word that is neither an option nor an option's value. */
function whyUnread(words: readonly string[]): string {
  const isOption = (word: string) => optionOf({ options: callOptions }, word) !== undefined;
  const unknown = words.find((word) => word.startsWith("-") && word !== "-" && !isOption(word));
  if (unknown === undefined) return "an option has no value behind it";
  return `there is no option "${unknown}"; as an argument, write it in JSON: --args '["${unknown}"]'`;
}

process.exitCode = await main(process.argv.slice(2));
