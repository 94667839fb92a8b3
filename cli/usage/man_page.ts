/** `farcall man`: the man page, in roff, generated from the commands. */
import { version } from "../../lib/protocol/mod.ts";
import { writeText } from "../output.ts";
import { exitCodeTexts } from "./exit_code_texts.ts";
import { globalOptions } from "./shared_options.ts";
import { type ArgumentSpec, type CommandSpec, helpText, type OptionSpec } from "./spec.ts";
import { variableTexts } from "./variables.ts";

/** Prints it. @returns The exit code. */
export function printManPage(commands: readonly CommandSpec[]): number {
  writeText(manPage(commands));
  return 0;
}

/** The man page, section 1. */
function manPage(commands: readonly CommandSpec[]): string {
  const lines = [
    `.TH FARCALL 1 "" "farcall ${version}"`,
    ".SH NAME",
    `farcall ${dash} push typed TypeScript functions to a fleet of machines; call them as if local`,
    ".SH SYNOPSIS",
    ".B farcall",
    ".I COMMAND",
    "[options] [arguments]",
    ".SH DESCRIPTION",
    ...paragraph(
      "The same executable runs on every node (serve), makes every node run exactly what one file " +
        "declares (init), and calls what runs there (call). Scripts run sandboxed, each service in " +
        "a process of its own.",
    ),
    ".SH COMMANDS",
    ...commands.filter(({ isHidden }) => !isHidden).flatMap(commandLines),
    ".SH OPTIONS OF EVERY COMMAND",
    ...[...globalOptions, { flags: "-h, --help", description: "print help" }].flatMap(optionLines),
    ".SH ENVIRONMENT",
    "An option overrides its variable, and a variable overrides the defaults.",
    ...variableTexts.flatMap(({ name, text }) => tagged(`.B ${escaped(name)}`, text)),
    ".SH FILES",
    ...tagged(
      ".I init.yaml",
      "servers, clients, services and scripts; searched for in the working folder and above it",
    ),
    ...tagged(".I .farcall/", "the state of nodes without \\-\\-root", { isRoff: true }),
    ".SH EXIT STATUS",
    ...[...exitCodeTexts].flatMap(([code, { help, manual = help }]) =>
      tagged(`.B ${code}`, plain(manual))
    ),
  ];
  return `${lines.join("\n")}\n`;
}

const dash = "\\-";

function commandLines({ name, summary, args, options, more }: CommandSpec): string[] {
  const words = args.map((arg) => `\\fI${escaped(arg.name)}\\fR`);
  return [
    `.SS "farcall ${escaped(name)}${words.map((word) => ` ${word}`).join("")}"`,
    ...paragraph(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`),
    ...args.flatMap(argumentLines),
    ...options.flatMap(optionLines),
    ...(more === undefined ? [] : verbatim(more)),
  ];
}

function argumentLines(argument: ArgumentSpec): string[] {
  return tagged(`.I ${escaped(argument.name)}`, helpText(argument));
}

function optionLines(option: OptionSpec): string[] {
  return tagged(`.B ${escaped(option.flags)}`, helpText(option));
}

function tagged(tag: string, text: string, { isRoff = false } = {}): string[] {
  return [".TP", tag, isRoff ? text : line(text)];
}

function paragraph(text: string): string[] {
  return [".PP", line(text)];
}

function verbatim(text: string): string[] {
  return [".PP", ".nf", ...text.trim().split("\n").map(line), ".fi"];
}

/** A line of text, escaped: with a control character at its start, it would be a roff request. */
function line(text: string): string {
  const shown = escaped(text);
  return shown.startsWith(".") || shown.startsWith("'") ? `\\&${shown}` : shown;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
}

/** Markdown without markup. */
function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}
