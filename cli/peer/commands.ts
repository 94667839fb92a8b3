/** The commands of peers and their options, as the program is told of them. */

/** A command. */
export interface PeerCommand {
  readonly name: string;
  readonly description: string;
  /** Each as it is written in the usage, and what it is. */
  readonly arguments: readonly (readonly [flags: string, description: string])[];
  readonly options: readonly PeerOption[];
  /** What stands below the help. */
  readonly after?: string;
  /** Runs it. @returns The exit code. */
  // deno-lint-ignore no-explicit-any
  run(args: any[], options: any): Promise<number>;
}

/** An option. */
export interface PeerOption {
  readonly flags: string;
  readonly description: string;
  readonly isRepeatable?: boolean;
  readonly choices?: readonly string[];
  readonly fallback?: string;
}

const address: PeerOption = {
  flags: "--address <IP>",
  description: "the address of this machine to use (default: all)",
};

const receiving: readonly PeerOption[] = [
  {
    flags: "--name <NAME>",
    description: "what this machine calls itself (default: its host name)",
  },
  {
    flags: "--folder <DIR>",
    description: "where messages and files are kept (default: .farcall/peer)",
  },
  address,
  {
    flags: "--accept <WHO>",
    description:
      "take files from this address, network or public key only, or from any; repeatable " +
      "(default: peers that have introduced themselves, and the original program)",
    isRepeatable: true,
  },
  { flags: "--max-file <SIZE>", description: "the largest file to take (default: 16GiB)" },
  {
    flags: "--max-folder <SIZE>",
    description: "how much the folder may hold (default: 64GiB)",
  },
  { flags: "--log <FILE>", description: "append the log to a file (default: no log)" },
  {
    flags: "--log-format <FORMAT>",
    description: "text or json",
    choices: ["text", "json"],
    fallback: "text",
  },
  {
    flags: "--log-level <LEVEL>",
    description: "debug, info, warn or error",
    choices: ["debug", "info", "warn", "error"],
    fallback: "info",
  },
];

const sending: readonly PeerOption[] = [
  { flags: "--sender <NAME>", description: "who sends it (default: this machine's host name)" },
  { flags: "--channel <NAME>", description: "the channel (default: general)" },
  address,
  { flags: "--verbose", description: "log every attempt to standard error" },
];

/** All of them. */
export const peerCommands: readonly PeerCommand[] = [
  {
    name: "peer",
    description: "exchange messages and files with other machines, interactively; needs no node",
    arguments: [],
    options: receiving,
    after: `
Commands:
  send IP TEXT      send a message; IP may be the name of a peer that was found
  file IP PATH      send a file; IP may be several: 10.0.0.2,10.0.0.3
  messages          list the last messages
  discover, peers   find peers; list those that were heard of
  status, help, quit

Raw sockets need root, or once: sudo setcap cap_net_raw+ep FARCALL`,
    run: async (_, options) => {
      const { peer } = await import("./peer.ts");
      return await peer(options);
    },
  },
  {
    name: "send",
    description: "send a message to a machine that runs farcall peer, or the original program",
    arguments: [
      ["<IP>", "the machine's IPv4 address"],
      ["<TEXT...>", "the message; - reads standard input"],
    ],
    options: sending,
    run: async ([to, words], options) => {
      const { send } = await import("./send.ts");
      return await send(to, words, options);
    },
  },
  {
    name: "send-file",
    description: "send a file to one machine or several; sent again, it resumes",
    arguments: [
      ["<IP>", "the machine's IPv4 address, or several: 10.0.0.2,10.0.0.3"],
      ["<PATH>", "the file"],
    ],
    options: [
      ...sending,
      {
        flags: "--key <FILE>",
        description: "prove this key to the recipients (default: $FARCALL_KEY)",
      },
    ],
    run: async ([to, path], options) => {
      const { sendFile } = await import("./send_file.ts");
      return await sendFile(to, path, options);
    },
  },
  {
    name: "inbox",
    description: "print the received messages that were not read yet",
    arguments: [],
    options: [
      {
        flags: "--follow",
        description: "print new ones until interrupted; receive, where no farcall peer does",
      },
      { flags: "--all", description: "print those that were read, too" },
      {
        flags: "--json",
        description: "print a JSON object a line, with the original program's names",
      },
      ...receiving,
    ],
    run: async (_, options) => {
      const { inbox } = await import("./inbox.ts");
      return await inbox(options);
    },
  },
  {
    name: "discover",
    description: "find the peers in the networks of this machine",
    arguments: [
      ["[NETWORK]", "the addresses to ask: 10.0.0.0/24 (default: the /24 of each own address)"],
    ],
    options: [
      address,
      { flags: "--json", description: "print JSON" },
      { flags: "--verbose", description: "log every attempt to standard error" },
    ],
    run: async ([network], options) => {
      const { discover } = await import("./discover.ts");
      return await discover(network, options);
    },
  },
];
