/** `farcall console`: the fleet in the browser. */
import { fileArgument } from "./deploy_commands.ts";
import { exitCodesText } from "./exit_code_texts.ts";
import { fileOption, keyOption } from "./shared_options.ts";
import type { CommandSpec } from "./spec.ts";
import { UsageError } from "../output.ts";

/** `farcall console`. */
export const consoleCommand: CommandSpec = {
  name: "console",
  summary: "show the fleet in the browser: picture, calls, logs, changes, history",
  args: [{ ...fileArgument, description: "the file that declares the fleet" }],
  options: [
    fileOption,
    {
      flags: "--text",
      description: "print the picture as text instead, once",
      manual: "print the picture as text and exit: clients, services, providers, and how they are",
    },
    {
      flags: "--no-open",
      description: "print the address; do not open a browser",
      manual: "print the address; do not open a browser. Without a display, none is opened anyway",
    },
    {
      flags: "--port <PORT>",
      description: "the port on 127.0.0.1",
      default: "a free one",
      parse: portIn,
    },
    {
      ...keyOption,
      description: "authenticate, call and roll back with this key",
      manual: "the private key to authenticate, call and sign rollbacks with",
    },
    {
      flags: "--trust <KEY|FILE>",
      description: "with --key: rollbacks also accept generations signed by this key",
      isRepeatable: true,
    },
  ],
  more: `
Examples:
  farcall console
  farcall console --no-open --port 7070
  farcall console --text
${
    exitCodesText([0, 2, 20], {
      0: "with --text: all nodes answered",
      20: "with --text: a node did not answer",
    })
  }`,
  async run({ args: [file], options }) {
    const { runConsole } = await import("../console/console.ts");
    return await runConsole(file, options);
  },
};

function portIn(text: string): number {
  const port = Number(text);
  if (text.trim() !== "" && Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new UsageError(`--port takes a number from 0 to 65535; got "${text}"`);
}
