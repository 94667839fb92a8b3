/** `farcall peer`: exchanges messages and files, by typed or piped commands. */
import process from "node:process";
import * as readline from "node:readline";
import { messageOf } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { lastReceived, type Peer, startPeer } from "../../lib/peer/mod.ts";
import { reportLine } from "../output.ts";
import { logOf, type ReceivingOptions, receivingPeer } from "./_options.ts";
import { completionsOf } from "./_completion.ts";
import { percentOf, recipientsIn } from "./send_file.ts";
import { shownMessage, shownPeers, shownStatus, shownText } from "./_shown.ts";

/** Runs until `quit`, the end of its input, or a signal. */
export async function peer(options: ReceivingOptions): Promise<number> {
  await using log = await logOf(options);
  await using peer = await startPeer({ ...receivingPeer(options), log: log?.log });
  const isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  const session = new Session(peer, isTerminal);
  await session.run();
  return 0;
}

/** Interval of progress reports for a file. */
const progressEveryMs = 2000;

class Session {
  readonly #peer: Peer;
  readonly #isTerminal: boolean;
  readonly #lines: readline.Interface;
  readonly #pending = new Set<Promise<void>>();

  constructor(peer: Peer, isTerminal: boolean) {
    this.#peer = peer;
    this.#isTerminal = isTerminal;
    this.#lines = readline.createInterface({
      input: process.stdin,
      output: isTerminal ? process.stdout : undefined,
      terminal: isTerminal,
      prompt: "> ",
      completer: (line: string, done: (error: null, found: [string[], string]) => void) => {
        completionsOf(line, peer.peers()).then((found) => done(null, [found, line]));
      },
    });
  }

  async run(): Promise<void> {
    const { name, machineId, folder } = this.#peer.status();
    this.#say(
      `${name} (${machineId}) keeps what it receives in ${folder}; help lists the commands`,
    );
    const stopListening = this.#peer.onPeer(({ address, name }) =>
      this.#say(`${shownText(name!)} is at ${address}`)
    );
    const receiving = this.#receive();
    const quit = (): void => this.#lines.close();
    Deno.addSignalListener("SIGTERM", quit);
    Deno.addSignalListener("SIGINT", quit);
    try {
      this.#prompt();
      for await (const line of this.#lines) {
        if (!this.#take(line.trim())) break;
        this.#prompt();
      }
      // Piped commands: wait until everything they sent has arrived or failed.
      if (!this.#isTerminal) await Promise.all(this.#pending);
    } finally {
      stopListening();
      this.#lines.close();
      Deno.removeSignalListener("SIGTERM", quit);
      Deno.removeSignalListener("SIGINT", quit);
      await this.#peer.stop();
      await receiving;
    }
  }

  async #receive(): Promise<void> {
    for await (const message of this.#peer) this.#say(shownMessage(message));
  }

  /** @returns Whether to continue. */
  #take(line: string): boolean {
    const [command, to, rest] = wordsOf(line);
    switch (command) {
      case "":
        return true;
      case "quit":
      case "exit":
        return false;
      case "help":
        this.#sayAll(helpLines);
        return true;
      case "send":
        this.#send(to, rest);
        return true;
      case "file":
        this.#sendFile(to, rest);
        return true;
      case "messages":
        this.#inBackground(async () => {
          const messages = await lastReceived(
            this.#peer.status().folder,
            limits.peer.messagesShownMax,
          );
          this.#sayAll(messages.length === 0 ? ["no messages"] : messages.map(shownMessage));
        });
        return true;
      case "status":
        this.#sayAll(shownStatus(this.#peer.status()));
        return true;
      case "peers":
        this.#sayAll(shownPeers(this.#peer.peers()));
        return true;
      case "discover":
        this.#inBackground(async () => {
          const found = await this.#peer.discover({ network: to === "" ? undefined : to });
          this.#sayAll(found.length === 0 ? ["no peer answered"] : shownPeers(found));
        });
        return true;
      default:
        this.#say(`"${command}" is not a command; help lists the commands`);
        return true;
    }
  }

  #send(to: string, text: string): void {
    if (text === "") return this.#say("usage: send IP TEXT");
    this.#inBackground(async () => {
      const { attempts } = await this.#peer.sendMessage(to, text);
      this.#say(`delivered to ${to}${attempts === 1 ? "" : ` (sent ${attempts} times)`}`);
    });
  }

  #sendFile(to: string, path: string): void {
    if (path === "") return this.#say("usage: file IP PATH");
    this.#inBackground(async () => {
      let saidMs = performance.now();
      const deliveries = await this.#peer.sendFile(recipientsIn(to), path, {
        onProgress: ({ to, sentBytes, totalBytes }) => {
          if (performance.now() - saidMs < progressEveryMs) return;
          saidMs = performance.now();
          this.#say(`${path} to ${to}: ${percentOf(sentBytes, totalBytes)}`);
        },
      });
      for (const { to } of deliveries) this.#say(`${path} delivered to ${to}`);
    });
  }

  #inBackground(work: () => Promise<void>): void {
    const done = work()
      .catch((error) => {
        const { details = [] } = error as { details?: readonly string[] };
        this.#sayAll([`failed: ${messageOf(error)}`, ...details]);
      })
      .finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  #sayAll(lines: readonly string[]): void {
    for (const line of lines) this.#say(line);
  }

  /** Prints a line above the one being typed. */
  #say(line: string): void {
    if (!this.#isTerminal) return reportLine(line);
    readline.clearLine(process.stdout, 0);
    readline.cursorTo(process.stdout, 0);
    reportLine(line);
    this.#lines.prompt(true);
  }

  #prompt(): void {
    if (this.#isTerminal) this.#lines.prompt();
  }
}

/** The command, its first argument, and the rest of the line unchanged. */
function wordsOf(line: string): [string, string, string] {
  const [command = "", ...rest] = line.split(" ");
  const argument = rest.join(" ").trimStart();
  const end = argument.indexOf(" ");
  if (end < 0) return [command, argument, ""];
  return [command, argument.slice(0, end), argument.slice(end + 1).trim()];
}

const helpLines = [
  "send IP TEXT      send a message; IP may be the name of a known peer",
  "file IP PATH      send a file; IP may be several: 10.0.0.2,10.0.0.3",
  "messages          list the last messages",
  "peers             list the known peers",
  "discover [NET]    find peers in the networks of this machine, or in one",
  "status            what this peer has sent and received",
  "quit              end",
];
