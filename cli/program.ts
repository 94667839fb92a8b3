/** Commands, their options and their help. */
import { Command, CommanderError } from "npm:commander@15.1.0";
import { version } from "../lib/wire/software.ts";
import { callOptions, emptyWord, isEmptyWord } from "./_call_options.ts";
import type { CommandShape } from "./complete.ts";
import { exitUsage } from "./exit_codes.ts";
import { printError, printNote, UsageError, writeNote, writeText } from "./output.ts";

/** Runs a command line and says what went wrong. @returns The exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = makeProgram((code) => exitCode = code);
  try {
    await program.parseAsync(helpOfUnknown(program, args) ?? args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed what it had to say: help, a version, or what is wrong with the usage.
    if (error instanceof CommanderError) {
      if (error.code === "commander.unknownOption" && args[0].startsWith("-")) {
        printNote("(options stand behind their command: farcall COMMAND --option)");
      }
      return error.exitCode === 0 ? 0 : exitUsage;
    }
    return printError(error);
  }
}

/** The help of a command that is not there: to be told so, as for the command itself. */
function helpOfUnknown(program: Command, args: readonly string[]): string[] | undefined {
  const [first, name] = args;
  if (first !== "help" || name === undefined || name.startsWith("-")) return undefined;
  const names = program.commands.map((command) => command.name());
  return [...names, "help"].includes(name) ? undefined : [name];
}

function makeProgram(setExitCode: (code: number) => void): Command {
  const program = new Command("farcall")
    .description("Push typed TypeScript functions to a fleet of machines; call them as if local.")
    .version(`farcall ${version} (deno ${Deno.version.deno})`, "-V, --version", "print the version")
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

  program.command("serve")
    .description(
      "run a node: serve the functions that were deployed to it, until SIGINT or SIGTERM",
    )
    .argument("[HOST]", "the address to listen on", "127.0.0.1")
    .argument(
      "[PORT]",
      "the port to listen on; 0 lets the system choose (default: 8181)",
      parsePort,
    )
    .option("--port <PORT>", "the same, without having to name the HOST", parsePort)
    .option("--root <DIR>", "the folder of its state (default: .farcall/<host>-<port>)")
    .option("--name <NAME>", "its name; refuses deployments meant for another")
    .option(
      "--advertise <IP:PORT>",
      "an address that leads here through a router, container or tunnel; may be repeated",
      collect,
    )
    .option(
      "--deploy-key <KEY|FILE>",
      "take deployments from who has this key, and no others; may be repeated",
      collect,
    )
    .option(
      "--limit <[SERVICE:]NAME=VALUE>",
      "an upper bound of what services may ask for",
      collect,
    )
    .option("--grant <SERVICE:KIND=VALUES>", "what a service may reach: math:net=host:443", collect)
    .option(
      "--allow-origin <ORIGIN>",
      "let a page of this origin call over HTTP: https://app.example.com",
      collect,
    )
    .option(
      "--host <NAME>",
      "a name by which callers reach it over HTTP, such as a balancer's; may be repeated",
      collect,
    )
    .option("--tls-cert <FILE>", "the certificate to show, in PEM: callers then need TLS")
    .option("--tls-key <FILE>", "the private key of that certificate, in PEM")
    .option("--require-tls", "do not start without a certificate")
    .option("--log <FILE>", "add the log to a file (default: standard error); SIGHUP opens it anew")
    .option("--log-max <SIZE>", "rename the log file away before it is larger: 100MiB")
    .option("--log-keep <COUNT>", "how many of those to keep, FILE.1 the latest (default: 5)")
    .option("--log-format <FORMAT>", "text or json", oneOf("--log-format", "text", "json"), "text")
    .option(
      "--log-level <LEVEL>",
      "debug, info, warn or error",
      oneOf("--log-level", "debug", "info", "warn", "error"),
      "info",
    )
    .showHelpAfterError(seeHelp("farcall serve"))
    .action(async (host, port, options) => {
      const { serve } = await import("./serve.ts");
      setExitCode(await serve(host, port, options));
    });

  program.command("init")
    .description("make every node run exactly what a file says")
    .argument("[FILE]", "servers, clients, services and their scripts", "init.yaml")
    .option("--dry-run", "print the plan and change nothing; exits with 3 if there are changes")
    .option("--only <SERVERS>", "of the file's servers only these: s1,s2")
    .option("--key <FILE>", "prove this key and sign with it (default: what FARCALL_KEY names)")
    .option("--sign", "with a key: sign what runs, though another key has signed it already")
    .option("--rollback [GENERATION]", "run an earlier generation again (default: undo the last)")
    .option(
      "--trust <KEY|FILE>",
      "with --rollback: whose else to bring back; may be repeated",
      collect,
    )
    .option("--take-over", "end a deployment of somebody else that is under way")
    .option("--watch", "deploy again on every save, until interrupted")
    .option("--history", "list who deployed what and when, as far as the nodes keep it")
    .option("--verbose", "print all of a long plan")
    .option("--json", "print the plan and the outcome, or the history, as JSON")
    .showHelpAfterError(seeHelp("farcall init"))
    .addHelpText("after", examplesOfInit)
    .action(async (file, options) => {
      const { init } = await import("./init.ts");
      setExitCode(await init(file, options));
    });

  program.command("status")
    .description("show how the nodes are, and whether they run what a file says")
    .argument("[FILE]", "its servers are asked", "init.yaml")
    .option(
      "--server <HOST:PORT>",
      "ask this node alone; may be repeated. Or a server's name",
      collect,
    )
    .option("--tls <TRUST>", "with --server HOST:PORT: its CA's file, sha256:… or system")
    .option("--key <FILE>", "prove this key (default: the file that FARCALL_KEY names, if any)")
    .option("--watch", "ask again every second, until interrupted")
    .option("--verify", "check that what the nodes keep is what was deployed and signed")
    .option("--trust <KEY|FILE>", "with --verify: who may have signed; may be repeated", collect)
    .option("--json", "print JSON")
    .showHelpAfterError(seeHelp("farcall status"))
    .addHelpText("after", exitCodesOfStatus)
    .action(async (file, options) => {
      const { status } = await import("./status.ts");
      setExitCode(await status(file, options));
    });

  const call = program.command("call")
    .description("call an rpc and print what it returns; without one, list what there is")
    .argument("[SERVICE.RPC]", "what to call; a service alone, or nothing, lists what you may call")
    .argument("[ARG...]", "its arguments, read by their declared types: 2 hello '[1.5, 2]'")
    .showHelpAfterError(
      `(an argument that begins with a dash goes behind "--")\n${seeHelp("farcall call")}`,
    )
    .addHelpText("after", examplesOfCall)
    .action(async (target, args, options) => {
      const { call } = await import("./call.ts");
      setExitCode(await call(target, args, options));
    });
  for (const { flags, description, parse } of callOptions) {
    if (parse === undefined) call.option(flags, description);
    else call.option(flags, description, parse);
  }

  program.command("explain")
    .description("say what would become of a call, and why, without making it")
    .argument("<SERVICE.RPC>", "what would be called")
    .argument("[ARG...]", "its arguments, as for call")
    .option("--config <FILE>", "where providers stand (default: ./init.yaml where there is one)")
    .option("--server <HOST:PORT>", "ask this node; needs no file. Or a server's name in the file")
    .option("--tls <TRUST>", "with --server HOST:PORT: its CA's file, sha256:… or system")
    .option("--as <CLIENT>", "the client to be (default: the first that fits)")
    .option("--key <FILE>", "prove this key (default: the file that FARCALL_KEY names, if any)")
    .option("--args <JSON>", "the arguments as a JSON array; - reads it from standard input")
    .option("--types <TYPES>", "choose the overload of these types: int,int or 'List[int], str'")
    .option("--timeout <DURATION>", "the deadline that the call would have (default: 30s)")
    .option("--retries <N>", "how often it would be tried again (default: 0)")
    .option("--hedge <DURATION>", "when a second provider would be asked: 50ms (default: never)")
    .option("--json", "print JSON")
    .showHelpAfterError(seeHelp("farcall explain"))
    .addHelpText(
      "after",
      "\nThe exit code is 0 if the call would be run, else the one of what it would get.",
    )
    .action(async (target, args, options) => {
      const { explain } = await import("./explain.ts");
      setExitCode(await explain(target, args, options));
    });

  program.command("types")
    .description("print what may be called as TypeScript, for connect<Services>(…)")
    .argument("[FILE]", "the services of this file (default: init.yaml)")
    .option("--server <HOST:PORT>", "what this node says; needs no file. Or a server's name in it")
    .option("--tls <TRUST>", "with --server HOST:PORT: its CA's file, sha256:… or system")
    .option("--as <CLIENT>", "with --server: the client to be")
    .option("--key <FILE>", "with --server: prove this key (default: what FARCALL_KEY names)")
    .option("--out <PATH>", "write this file, if it would change")
    .option("--check <PATH>", "only say whether this file is up to date; exits with 3 if not")
    .showHelpAfterError(seeHelp("farcall types"))
    .action(async (file, options) => {
      const { types } = await import("./types.ts");
      setExitCode(await types(file, options));
    });

  program.command("keygen")
    .description("make a key: NAME.key, which proves who one is, and NAME.pub for init.yaml")
    .argument("[NAME]", "of the files, which are never overwritten (default: farcall, or HOST)")
    .option("--tls <HOST>", "make a certificate for a node in its place: NAME.crt, and NAME.key")
    .showHelpAfterError(seeHelp("farcall keygen"))
    .addHelpText("after", examplesOfKeygen)
    .action(async (name, { tls }) => {
      const { keygen } = await import("./keygen.ts");
      setExitCode(await keygen(name, tls));
    });

  program.command("completions")
    .description("print what makes a shell complete farcall's commands")
    .argument("<SHELL>", "bash, zsh or fish")
    .showHelpAfterError(seeHelp("farcall completions"))
    .addHelpText("after", examplesOfCompletions)
    .action(async (shell) => {
      const { completions } = await import("./complete.ts");
      setExitCode(completions(shell));
    });

  program.command("complete", { hidden: true })
    .argument("<LINE>")
    .action(async (line) => {
      const { complete } = await import("./complete.ts");
      setExitCode(await complete(line, shapesOf(program)));
    });

  return program;
}

/** Words that are empty are variables that are not set: no option takes one, and no argument but those of a call. */
function refuseEmptyWords(command: Command): void {
  if (command.name() === "complete") return;
  for (const option of command.options) {
    const value = command.getOptionValue(option.attributeName());
    const words = [value].flat().filter((word) => typeof word === "string");
    if (words.some(isEmptyWord)) throw emptyWord(option.long!);
  }
  for (const [index, argument] of command.registeredArguments.entries()) {
    if (isEmptyWord(command.args[index] ?? "none") && !argument.variadic) {
      throw emptyWord(argument.name());
    }
  }
}

/** The commands as completion needs to know them. */
function shapesOf(program: Command): CommandShape[] {
  return program.commands.filter((command) => command.name() !== "complete").map((command) => ({
    name: command.name(),
    description: command.description(),
    options: command.options.map(({ long, description, required, optional }) => ({
      flag: long!,
      description,
      takesValue: required || optional,
    })),
  }));
}

function parsePort(text: string): number {
  if (isEmptyWord(text)) throw emptyWord("the port");
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`"${text}" is no port; ports go from 0 to 65535`);
}

/** An option that may be given several times. */
function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function oneOf(option: string, ...choices: string[]): (text: string) => string {
  return (text) => {
    if (isEmptyWord(text)) throw emptyWord(option);
    if (choices.includes(text)) return text;
    throw new UsageError(`${option} takes ${choices.join(", ")}; got "${text}"`);
  };
}

function seeHelp(command: string): string {
  return `(run "${command} --help" for what there is)`;
}

const examplesOfAll = `
Examples:
  farcall serve 127.0.0.1 8181     on every machine
  farcall init                     from anywhere that reaches them
  farcall call math.add 2 3`;

const examplesOfInit = `
Examples:
  farcall init
  farcall init --dry-run --only s1
  farcall init --rollback

Exit codes:
  0 done, 2 bad usage, file or script, 3 a dry run that found changes, 20 node
  unreachable, 22 refused by a node, 70 a defect of farcall, 74 standard output
  cannot be written`;

const exitCodesOfStatus = `
Exit codes:
  0 all nodes answered, 2 bad usage or file, 20 a node did not answer, 23 with
  --verify: what a node keeps is not what was deployed, or not by who is trusted`;

const examplesOfKeygen = `
Examples:
  farcall keygen c1                        writes c1.key and c1.pub, prints ed25519:…
  farcall call math.add 2 3 --key c1.key   as the client with "key: ed25519:…" in init.yaml
  farcall keygen --tls 10.0.0.5            writes 10.0.0.5.crt and 10.0.0.5.key, prints sha256:…`;

const examplesOfCompletions = `
Examples:
  echo 'source <(farcall completions bash)' >> ~/.bashrc
  echo 'source <(farcall completions zsh)' >> ~/.zshrc
  farcall completions fish > ~/.config/fish/completions/farcall.fish`;

const examplesOfCall = `
Examples:
  farcall call math.add 2 3
  farcall call math.mean '[1.5, 2]' --server 10.0.0.5:8181
  farcall call text.word_count -- '--two dashes'
  echo '[2, 3]' | farcall call math.add --args -

Exit codes:
  0 done, 2 bad usage or file, 10 Execution Exception, 11 Invalid Arguments,
  12 Service Not Found, 13 RPC Not Found, 14 Client Not Registered, 20 node
  unreachable, 21 Deadline Exceeded, 22 another exception, 70 a defect of farcall,
  74 standard output cannot be written, 130 interrupted`;
