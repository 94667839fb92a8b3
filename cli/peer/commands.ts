/** The commands of peers. */
import { jsonOptionsAs, keyOption } from "../usage/shared_options.ts";
import { type CommandSpec, oneOf, type OptionSpec } from "../usage/spec.ts";

const address: OptionSpec = {
  flags: "--address <IP>",
  description: "the address of this machine to use",
  default: "all",
};

const receiving: readonly OptionSpec[] = [
  {
    flags: "--name <NAME>",
    description: "what this machine calls itself",
    default: "its host name",
  },
  {
    flags: "--folder <DIR>",
    description: "the folder for messages and files",
    default: ".farcall/peer",
  },
  address,
  {
    flags: "--accept <WHO>",
    description: "take files from this address, network or public key only, or from any",
    default: "peers that have introduced themselves, and the original program",
    isRepeatable: true,
  },
  { flags: "--max-file <SIZE>", description: "the largest file to take", default: "16GiB" },
  {
    flags: "--max-folder <SIZE>",
    description: "the most the folder may hold",
    default: "64GiB",
  },
  { flags: "--log <FILE>", description: "append the log to a file", default: "no log" },
  {
    flags: "--log-format <FORMAT>",
    description: "text or json",
    parse: oneOf("--log-format", "text", "json"),
    default: "text",
  },
  {
    flags: "--log-level <LEVEL>",
    description: "debug, info, warn or error",
    parse: oneOf("--log-level", "debug", "info", "warn", "error"),
    default: "info",
  },
];

const sending: readonly OptionSpec[] = [
  {
    flags: "--sender <NAME>",
    description: "the sender's name",
    default: "this machine's host name",
  },
  { flags: "--channel <NAME>", description: "the channel", default: "general" },
  address,
  { flags: "--verbose", description: "log every attempt to standard error" },
];

const logDefaults = { logFormat: "text", logLevel: "info" };

export const peerCommands: readonly CommandSpec[] = [
  {
    name: "peer",
    summary: "exchange messages and files with other machines, interactively; needs no node",
    args: [],
    options: receiving,
    more: `
Commands:
  send IP TEXT      send a message; IP may be the name of a known peer
  file IP PATH      send a file; IP may be several: 10.0.0.2,10.0.0.3
  messages          list the last messages
  discover, peers   find peers; list the known ones
  status, help, quit

Raw sockets need root, or once: sudo setcap cap_net_raw+ep FARCALL`,
    run: async ({ options }) => {
      const { peer } = await import("./peer.ts");
      return await peer({ ...logDefaults, ...options });
    },
  },
  {
    name: "send",
    summary: "send a message to a machine that runs farcall peer, or the original program",
    args: [
      { name: "<IP>", description: "the machine's IPv4 address" },
      { name: "<TEXT...>", description: "the message; - reads standard input" },
    ],
    options: sending,
    run: async ({ args: [to, words], options }) => {
      const { send } = await import("./send.ts");
      return await send(to, words, options);
    },
  },
  {
    name: "send-file",
    summary: "send a file to one machine or several; sent again, it resumes",
    args: [
      {
        name: "<IP>",
        description: "the machine's IPv4 address, or several: 10.0.0.2,10.0.0.3",
      },
      { name: "<PATH>", description: "the file" },
    ],
    options: [
      ...sending,
      { ...keyOption, description: "prove this key to the recipients", manual: undefined },
    ],
    run: async ({ args: [to, path], options }) => {
      const { sendFile } = await import("./send_file.ts");
      return await sendFile(to, path, options);
    },
  },
  {
    name: "inbox",
    summary: "print the unread messages",
    args: [],
    options: [
      {
        flags: "--follow",
        description: "print new ones until interrupted; also receive, if no farcall peer does",
      },
      { flags: "--all", description: "print read ones, too" },
      ...jsonOptionsAs("print a JSON object a line, with the original program's names"),
      ...receiving,
    ],
    run: async ({ options }) => {
      const { inbox } = await import("./inbox.ts");
      return await inbox({ ...logDefaults, ...options });
    },
  },
  {
    name: "discover",
    summary: "find the peers in the networks of this machine",
    args: [{
      name: "[NETWORK]",
      description: "the addresses to ask: 10.0.0.0/24",
      default: "the /24 of each own address",
    }],
    options: [
      address,
      ...jsonOptionsAs("print JSON"),
      { flags: "--verbose", description: "log every attempt to standard error" },
    ],
    run: async ({ args: [network], options }) => {
      const { discover } = await import("./discover.ts");
      return await discover(network, options);
    },
  },
];
