/** `farcall console`: the fleet in the browser. */
import { fileArgument } from "./deploy_commands.ts";
import { exitCodesText } from "./exit_code_texts.ts";
import { fileOption, keyOption } from "./shared_options.ts";
import { type CommandSpec, parsePort } from "./spec.ts";

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
      parse: parsePort,
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
