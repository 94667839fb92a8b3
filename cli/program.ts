/** Parses command lines with commander, from the specifications in `usage/`. */
import { Command, CommanderError } from "npm:commander@15.1.0";
import { exitUsage } from "./exit_codes.ts";
import { printError, printNote, writeNote, writeText } from "./output.ts";
import { commands } from "./usage/commands.ts";
import { globalOptions, withJson } from "./usage/shared_options.ts";
import {
  type CommandSpec,
  emptyWord,
  helpText,
  isEmptyWord,
  type OptionSpec,
} from "./usage/spec.ts";
import { versionText } from "./usage/version.ts";

/** Runs a command line and reports errors. @returns The exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = makeProgram((code) => exitCode = code);
  try {
    await program.parseAsync(helpOfUnknown(program, args) ?? args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has already printed the help, the version or the usage error.
    if (error instanceof CommanderError) {
      if (error.code === "commander.unknownOption" && args[0]!.startsWith("-")) {
        printNote("(options follow their command: farcall COMMAND --option)");
      }
      return error.exitCode === 0 ? 0 : exitUsage;
    }
    return await printError(error);
  }
}

/** `help` of an unknown command fails as that command would. */
function helpOfUnknown(program: Command, args: readonly string[]): string[] | undefined {
  const [first, name] = args;
  if (first !== "help" || name === undefined || name.startsWith("-")) return undefined;
  const names = program.commands.map((command) => command.name());
  return [...names, "help"].includes(name) ? undefined : [name];
}

/** A command that explains a missing argument. */
class FarcallCommand extends Command {
  override createCommand(name?: string): FarcallCommand {
    return new FarcallCommand(name);
  }

  // Called by commander for a missing argument; its own message has only the name.
  missingArgument(name: string): void {
    const description = this.registeredArguments.find((argument) => argument.name() === name)
      ?.description;
    const what = description === undefined ? "" : `: ${description}`;
    this.error(`error: ${name} is missing${what}`, { code: "commander.missingArgument" });
  }
}

function makeProgram(setExitCode: (code: number) => void): Command {
  const program = new FarcallCommand("farcall")
    .description("Push typed TypeScript functions to a fleet of machines; call them as if local.")
    .version(versionText, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [COMMAND]", "print the help of a command")
    .showHelpAfterError(seeHelp("farcall"))
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: writeText,
      writeErr: writeNote,
      outputError: (text, write) => write(text.replace(/^error: /, "farcall: ")),
    })
    .exitOverride()
    .hook("preAction", (_, command) => refuseEmptyWords(command))
    .addHelpText("after", examplesOfAll);
  for (const option of globalOptions) addOption(program, option);
  for (const spec of commands) addCommand(program, spec, setExitCode);
  return program;
}

function addCommand(
  program: Command,
  spec: CommandSpec,
  setExitCode: (code: number) => void,
): void {
  const { name, summary, args, options, more, afterMistake, isHidden } = spec;
  const command = program.command(name, { hidden: isHidden }).description(summary);
  for (const argument of args) {
    const { parse } = argument;
    const [argumentName, description] = [argument.name, helpText(argument)];
    if (parse === undefined) command.argument(argumentName, description);
    else command.argument(argumentName, description, parse);
  }
  for (const option of [...options, ...globalOptions]) addOption(command, option);
  const help = seeHelp(`farcall ${name}`);
  command.showHelpAfterError(afterMistake === undefined ? help : `${afterMistake}\n${help}`);
  if (more !== undefined) command.addHelpText("after", more);
  command.action(async (...given) => {
    setExitCode(
      await spec.run({
        args: given.slice(0, args.length),
        options: withJson(given[args.length]),
      }, commands),
    );
  });
}

function addOption(command: Command, option: OptionSpec): void {
  const { flags, parse, isRepeatable } = option;
  const description = helpText(option);
  if (isRepeatable) command.option(flags, description, collect);
  else if (parse !== undefined) command.option(flags, description, parse);
  else command.option(flags, description);
}

/** The arguments that are passed on as they are: those of an rpc, and the words of a message. */
const passedOn: readonly string[] = ["ARG", "TEXT"];

/** An empty word is mostly an unset shell variable: only what is passed on may be empty. */
function refuseEmptyWords(command: Command): void {
  if (command.name() === "complete") return;
  for (const option of command.options) {
    const value = command.getOptionValue(option.attributeName());
    const words = [value].flat().filter((word) => typeof word === "string");
    if (words.some(isEmptyWord)) throw emptyWord(option.long!);
  }
  for (const [index, argument] of command.registeredArguments.entries()) {
    const words = command.args.slice(index, argument.variadic ? undefined : index + 1);
    if (!passedOn.includes(argument.name()) && words.some(isEmptyWord)) {
      throw emptyWord(argument.name());
    }
  }
}

/** A repeatable option. */
function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function seeHelp(command: string): string {
  return `(run "${command} --help" for usage)`;
}

const examplesOfAll = `
Examples:
  farcall serve 127.0.0.1 8181     on every machine
  farcall init                     from any machine that reaches them
  farcall call math.add 2 3`;
