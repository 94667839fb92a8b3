/** Commands, their options and their help. */
import { Command, CommanderError } from "npm:commander@15.1.0";
import { version } from "../lib/protocol/mod.ts";
import { callOptions, emptyWord, isEmptyWord } from "./call/call_options.ts";
import type { CommandShape } from "./services/complete.ts";
import { exitUsage } from "./exit_codes.ts";
import {
  examplesOfAll,
  examplesOfCall,
  examplesOfCompletions,
  examplesOfInit,
  examplesOfKeygen,
  exitCodesOfStatus,
} from "./_help_texts.ts";
import { type PeerCommand, peerCommands } from "./peer/commands.ts";
import { printError, printNote, UsageError, writeNote, writeText } from "./output.ts";

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
      if (error.code === "commander.unknownOption" && args[0].startsWith("-")) {
        printNote("(options follow their command: farcall COMMAND --option)");
      }
      return error.exitCode === 0 ? 0 : exitUsage;
    }
    return printError(error);
  }
}

/** `help` of an unknown command fails as that command would. */
function helpOfUnknown(program: Command, args: readonly string[]): string[] | undefined {
  const [first, name] = args;
  if (first !== "help" || name === undefined || name.startsWith("-")) return undefined;
  const names = program.commands.map((command) => command.name());
  return [...names, "help"].includes(name) ? undefined : [name];
}

/** A command that says what a missing argument may be. */
class FarcallCommand extends Command {
  override createCommand(name?: string): FarcallCommand {
    return new FarcallCommand(name);
  }

  // Commander calls it where a required argument is missing; its own message has the name alone.
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
      "run a node: serve the functions deployed to it until SIGINT or SIGTERM",
    )
    .argument("[HOST]", "the address to listen on", "127.0.0.1")
    .argument(
      "[PORT]",
      "the port to listen on; 0 picks a free one (default: 8181)",
      parsePort,
    )
    .option("--port <PORT>", "the port to listen on, without naming HOST", parsePort)
    .option("--root <DIR>", "the state directory (default: .farcall/<host>-<port>)")
    .option("--name <NAME>", "the node's name; deployments for any other name are refused")
    .option(
      "--advertise <IP:PORT>",
      "an address that reaches this node through a router, container or tunnel; repeatable",
      collect,
    )
    .option(
      "--deploy-key <KEY|FILE>",
      "accept deployments signed by this key only; repeatable",
      collect,
    )
    .option(
      "--limit <[SERVICE:]NAME=VALUE>",
      "cap a limit that services may ask for; repeatable",
      collect,
    )
    .option(
      "--grant <SERVICE:KIND=VALUES>",
      "grant a service a permission: math:net=host:443; repeatable",
      collect,
    )
    .option(
      "--allow-origin <ORIGIN>",
      "allow HTTP calls from pages of this origin: https://app.example.com; repeatable",
      collect,
    )
    .option(
      "--host <NAME>",
      "a host name that HTTP callers use, such as a load balancer's; repeatable",
      collect,
    )
    .option(
      "--over <CARRIER>",
      "what carries connections: tcp, udp, ip or ip:PROTOCOL (default: tcp)",
    )
    .option(
      "--metrics-allow <ADDRESS>",
      "let this address or network ask for /healthz, /readyz and /metrics, as this machine may: 10.0.0.0/8; repeatable",
      collect,
    )
    .option(
      "--metrics-port <PORT>",
      "serve those at this port alone, and not at the node's own; 0 picks a free one",
      parsePort,
    )
    .option("--tls-cert <FILE>", "the certificate in PEM; callers then need TLS")
    .option("--tls-key <FILE>", "the certificate's private key in PEM")
    .option("--require-tls", "refuse to start without a certificate")
    .option("--log <FILE>", "append the log to a file (default: standard error); SIGHUP reopens it")
    .option("--log-max <SIZE>", "rotate the log file before it exceeds this size: 100MiB")
    .option("--log-keep <COUNT>", "rotated files to keep, FILE.1 being the newest (default: 5)")
    .option("--log-format <FORMAT>", "text or json", oneOf("--log-format", "text", "json"), "text")
    .option(
      "--log-level <LEVEL>",
      "debug, info, warn or error",
      oneOf("--log-level", "debug", "info", "warn", "error"),
      "info",
    )
    .showHelpAfterError(seeHelp("farcall serve"))
    .action(async (host, port, options) => {
      const { serve } = await import("./node/serve.ts");
      setExitCode(await serve(host, port, options));
    });

  program.command("init")
    .description("make every node run exactly what a file declares")
    .argument("[FILE]", "the file with servers, clients, services and scripts", "init.yaml")
    .option("--dry-run", "print the plan and change nothing; exits with 3 if anything would change")
    .option("--only <SERVERS>", "deploy to these servers only: s1,s2")
    .option("--key <FILE>", "authenticate and sign with this key (default: $FARCALL_KEY)")
    .option("--sign", "with a key: re-sign what runs even if another key has signed it")
    .option(
      "--rollback [GENERATION]",
      "redeploy an earlier generation (default: undo the last deployment)",
    )
    .option(
      "--trust <KEY|FILE>",
      "with --rollback: also accept generations signed by this key; repeatable",
      collect,
    )
    .option("--take-over", "abort another deployer's deployment that is in progress")
    .option("--watch", "redeploy on every save until interrupted")
    .option("--history", "list past deployments: who, what and when")
    .option("--verbose", "print long plans in full")
    .option("--json", "print the plan and the outcome, or the history, as JSON")
    .showHelpAfterError(seeHelp("farcall init"))
    .addHelpText("after", examplesOfInit)
    .action(async (file, options) => {
      const { init } = await import("./deploy/init.ts");
      setExitCode(await init(file, options));
    });

  program.command("status")
    .description("show the state of the nodes and whether they run what a file declares")
    .argument("[FILE]", "the file that lists the servers", "init.yaml")
    .option(
      "--server <HOST:PORT>",
      "query this node only: an address or a server's name; repeatable",
      collect,
    )
    .option("--tls <TRUST>", "with --server HOST:PORT: a CA file, sha256:… or system")
    .option("--key <FILE>", "authenticate with this key (default: $FARCALL_KEY)")
    .option("--watch", "refresh every second until interrupted")
    .option("--verify", "verify that the nodes store exactly what was deployed and signed")
    .option(
      "--trust <KEY|FILE>",
      "with --verify: accept signatures by this key only; repeatable",
      collect,
    )
    .option("--json", "print JSON")
    .showHelpAfterError(seeHelp("farcall status"))
    .addHelpText("after", exitCodesOfStatus)
    .action(async (file, options) => {
      const { status } = await import("./deploy/status.ts");
      setExitCode(await status(file, options));
    });

  const call = program.command("call")
    .description("call an rpc and print its result; without one, list what you may call")
    .argument(
      "[SERVICE.RPC]",
      "the rpc, such as math.add; a service alone, or nothing, lists what you may call",
    )
    .argument("[ARG...]", "its arguments, parsed by their declared types: 2 hello '[1.5, 2]'")
    .showHelpAfterError(
      `(put "--" before an argument that begins with a dash)\n${seeHelp("farcall call")}`,
    )
    .addHelpText("after", examplesOfCall)
    .action(async (target, args, options) => {
      const { call } = await import("./call/call.ts");
      setExitCode(await call(target, args, options));
    });
  for (const { flags, description, parse } of callOptions) {
    if (parse === undefined) call.option(flags, description);
    else call.option(flags, description, parse);
  }

  program.command("explain")
    .description("show what a call would do, and why, without making it")
    .argument("<SERVICE.RPC>", "the rpc, such as math.add")
    .argument("[ARG...]", "its arguments, as for call")
    .option(
      "--config <FILE>",
      "the file that lists the providers (default: ./init.yaml, if present)",
    )
    .option("--server <HOST:PORT>", "query this node: an address, or a server's name in the file")
    .option("--tls <TRUST>", "with --server HOST:PORT: a CA file, sha256:… or system")
    .option("--as <CLIENT>", "the client to call as (default: the first that matches)")
    .option("--key <FILE>", "authenticate with this key (default: $FARCALL_KEY)")
    .option("--args <JSON>", "the arguments as a JSON array; - reads standard input")
    .option("--types <TYPES>", "select the overload with these types: int,int or 'List[int], str'")
    .option("--timeout <DURATION>", "the call's deadline (default: 30s)")
    .option("--retries <N>", "how often the call would be retried (default: 0)")
    .option("--hedge <DURATION>", "when a second provider would be tried: 50ms (default: never)")
    .option("--json", "print JSON")
    .showHelpAfterError(seeHelp("farcall explain"))
    .addHelpText(
      "after",
      "\nExits with 0 if the call would run, else with the code that the call would exit with.",
    )
    .action(async (target, args, options) => {
      const { explain } = await import("./services/explain.ts");
      setExitCode(await explain(target, args, options));
    });

  program.command("types")
    .description("print TypeScript types of the callable rpcs, for connect<Services>(…)")
    .argument("[FILE]", "the file that declares the services (default: init.yaml)")
    .option(
      "--server <HOST:PORT>",
      "ask this node instead: an address, or a server's name in the file",
    )
    .option("--tls <TRUST>", "with --server HOST:PORT: a CA file, sha256:… or system")
    .option("--as <CLIENT>", "with --server: the client to call as")
    .option("--key <FILE>", "with --server: authenticate with this key (default: $FARCALL_KEY)")
    .option("--out <PATH>", "write to this file if its content changes")
    .option("--check <PATH>", "only check whether this file is up to date; exits with 3 if not")
    .showHelpAfterError(seeHelp("farcall types"))
    .action(async (file, options) => {
      const { types } = await import("./services/types.ts");
      setExitCode(await types(file, options));
    });

  program.command("keygen")
    .description("make a key pair: NAME.key, to authenticate with, and NAME.pub, for init.yaml")
    .argument("[NAME]", "the files' base name (default: farcall, or HOST); existing files are kept")
    .option("--tls <HOST>", "make a node's certificate and its key instead: NAME.crt and NAME.key")
    .showHelpAfterError(seeHelp("farcall keygen"))
    .addHelpText("after", examplesOfKeygen)
    .action(async (name, { tls }) => {
      const { keygen } = await import("./node/keygen.ts");
      setExitCode(await keygen(name, tls));
    });

  for (const peerCommand of peerCommands) addPeerCommand(program, peerCommand, setExitCode);

  program.command("completions")
    .description("print a shell's completion script for farcall")
    .argument("<SHELL>", "bash, zsh or fish")
    .showHelpAfterError(seeHelp("farcall completions"))
    .addHelpText("after", examplesOfCompletions)
    .action(async (shell) => {
      const { completions } = await import("./services/complete.ts");
      setExitCode(completions(shell));
    });

  program.command("complete", { hidden: true })
    .argument("<LINE>")
    .action(async (line) => {
      const { complete } = await import("./services/complete.ts");
      setExitCode(await complete(line, shapesOf(program)));
    });

  return program;
}

function addPeerCommand(
  program: Command,
  { name, description, arguments: args, options, after, run }: PeerCommand,
  setExitCode: (code: number) => void,
): void {
  const command = program.command(name).description(description);
  for (const [flags, what] of args) command.argument(flags, what);
  for (const { flags, description, isRepeatable, choices, fallback } of options) {
    const [flag] = flags.split(" ");
    if (isRepeatable) command.option(flags, description, collect);
    else if (choices) command.option(flags, description, oneOf(flag, ...choices), fallback);
    else command.option(flags, description);
  }
  if (after !== undefined) command.addHelpText("after", after);
  command.showHelpAfterError(seeHelp(`farcall ${name}`)).action(async (...given) =>
    setExitCode(await run(given.slice(0, args.length), given[args.length]))
  );
}

/** An empty word is mostly an unset shell variable: only the arguments of a call may be empty. */
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
  throw new UsageError(`"${text}" is not a port; ports go from 0 to 65535`);
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
  return `(run "${command} --help" for usage)`;
}
