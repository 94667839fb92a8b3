/** Commands, their options and their help. */
import { Command, CommanderError, InvalidArgumentError } from "npm:commander@15.1.0";
import { version } from "../lib/wire/software.ts";
import { exitUsage } from "./exit_codes.ts";
import { printError } from "./output.ts";

/** Runs a command line and says what went wrong. @returns The exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = makeProgram((code) => exitCode = code);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed what it had to say: help, a version, or what is wrong with the usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUsage;
    return await printError(error);
  }
}

function makeProgram(setExitCode: (code: number) => void): Command {
  const program = new Command("farcall")
    .description("Push typed TypeScript functions to a fleet of machines; call them as if local.")
    .version(`farcall ${version} (deno ${Deno.version.deno})`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [COMMAND]", "print the help of a command")
    .showHelpAfterError('(run "farcall --help" for what there is)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", "\nThe documentation is in README.md; the exit codes stand there too.");

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
    .option("--log <FILE>", "add the log to a file (default: standard error)")
    .option("--log-format <FORMAT>", "text or json", oneOf("text", "json"), "text")
    .option(
      "--log-level <LEVEL>",
      "debug, info, warn or error",
      oneOf("debug", "info", "warn", "error"),
      "info",
    )
    .action(async (host, port, options) => {
      const { serve } = await import("./serve.ts");
      setExitCode(await serve(host, port, options));
    });

  program.command("init")
    .description("make every node run exactly what a file says")
    .argument("[FILE]", "servers, clients, services and their scripts", "init.yaml")
    .option("--dry-run", "print the plan and change nothing")
    .option("--json", "print the plan and the outcome as JSON")
    .action(async (file, options) => {
      const { init } = await import("./init.ts");
      setExitCode(await init(file, options));
    });

  program.command("call")
    .description("call an rpc and print what it returns")
    .argument("<SERVICE.RPC>", "what to call")
    .argument("[ARG...]", "its arguments, read by their declared types: 2 hello '[1.5, 2]'")
    .option("--config <FILE>", "where providers stand (default: ./init.yaml where there is one)")
    .option("--server <HOST:PORT>", "call this node; needs no file. Or a server's name in the file")
    .option("--as <CLIENT>", "the client to be (default: the first that fits the address)")
    .option("--args <JSON>", "the arguments as a JSON array; - reads it from standard input")
    .option("--types <TYPES>", "choose the overload of these types: int,int or 'List[int], str'")
    .option("--timeout <DURATION>", "give up after this: 500ms, 10s, 2m (default: 30s)")
    .option("--json", "print JSON always, a text too")
    .option("--verbose", "say on standard error which node and script answered, and how fast")
    .action(async (target, args, options) => {
      const { call } = await import("./call.ts");
      setExitCode(await call(target, args, options));
    });

  return program;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
}

function oneOf(...choices: string[]): (text: string) => string {
  return (text) => {
    if (choices.includes(text)) return text;
    throw new InvalidArgumentError(`It must be one of ${choices.join(", ")}.`);
  };
}
