/** Commands of callers: call, explain, types, mcp. */
import { callOptions } from "../call/call_options.ts";
import { exitCodesText } from "./exit_code_texts.ts";
import {
  asOption,
  configOption,
  fileOption,
  jsonOptions,
  keyOption,
  serverOption,
  tlsOption,
} from "./shared_options.ts";
import { type CommandSpec, longFlag, parsePort } from "./spec.ts";
import { variables } from "./variables.ts";

/** `farcall call`. */
export const callCommand: CommandSpec = {
  name: "call",
  summary: "call an rpc and print its result; without one, list what you may call",
  args: [
    {
      name: "[SERVICE.RPC]",
      description: "the rpc, such as math.add; a service, or nothing, lists what you may call",
    },
    {
      name: "[ARG...]",
      description:
        "its arguments, parsed by their declared types: 2 hello '[1.5, 2]'; - or @FILE reads one",
    },
  ],
  options: callOptions,
  afterMistake: '(put "--" before an argument that begins with a dash)',
  more: `
Examples:
  farcall call math.add 2 3
  farcall call math.mean '[1.5, 2]' --server 10.0.0.5
  farcall call hash.digest @photo.jpg > photo.sha256
  farcall call text.word_count -- '--two dashes'
  echo '[2, 3]' | farcall call math.add --args -
${exitCodesText([0, 2, 10, 11, 12, 13, 14, 20, 21, 22, 70, 74, 130])}`,
  async run({ args: [target, args], options }) {
    const { call } = await import("../call/call.ts");
    return await call(target, args, options);
  },
};

const asForCall = ["--args", "--types"].map((flag) =>
  callOptions.find((option) => longFlag(option) === flag)!
);

/** `farcall explain`. */
export const explainCommand: CommandSpec = {
  name: "explain",
  summary: "show what a call would do, and why, without making it",
  args: [
    { name: "<SERVICE.RPC>", description: "the rpc, such as math.add" },
    { name: "[ARG...]", description: "its arguments, as for call" },
  ],
  options: [
    configOption,
    { ...serverOption, description: serverOption.description.replace("call", "query") },
    tlsOption,
    asOption,
    keyOption,
    ...asForCall,
    {
      flags: "--timeout <DURATION>",
      description: "the call's deadline",
      variable: variables.timeout,
      default: "30s",
    },
    {
      flags: "--retries <N>",
      description: "the number of retries that the call would have",
      default: "0",
    },
    {
      flags: "--hedge <DURATION>",
      description: "the delay before a second provider would be tried: 50ms",
      default: "never",
    },
    ...jsonOptions,
  ],
  more: "\nExits with 0 if the call would run, otherwise with the exit code of that call.",
  async run({ args: [target, args], options }) {
    const { explain } = await import("../services/explain.ts");
    return await explain(target, args, options);
  },
};

/** `farcall types`. */
export const typesCommand: CommandSpec = {
  name: "types",
  summary: "print TypeScript types of the callable rpcs, for connect<Services>(…)",
  args: [{
    name: "[FILE]",
    description: "the file that declares the services; - is standard input",
    manual:
      "the file that declares the services, whose scripts need not exist; - is standard input",
    default: "init.yaml here or in a folder above",
  }],
  options: [
    fileOption,
    {
      ...serverOption,
      description: "ask this node instead: an address, or a server's name in the file",
      manual: "ask this node what the caller may call: an address, or a server's name",
    },
    tlsOption,
    { ...asOption, description: "with --server: the client to call as" },
    { ...keyOption, description: "with --server: authenticate with this key" },
    {
      flags: "--scripts",
      description: "print the type that each script's function must have, and assert it",
      manual: "print the type that each script's function must have, and assert it, for " +
        "`deno check`, tsc and the editor",
    },
    { flags: "--out <PATH>", description: "write to this file if its content changes" },
    {
      flags: "--check <PATH>",
      description:
        "check that this file is up to date, and write nothing; exits with 3 if it is not",
    },
  ],
  async run({ args: [file], options }) {
    const { types } = await import("../services/types.ts");
    return await types(file, options);
  },
};

/** `farcall mcp`. */
export const mcpCommand: CommandSpec = {
  name: "mcp",
  summary: "offer the callable rpcs to AI agents, as tools of the Model Context Protocol",
  args: [{
    name: "[FILE]",
    description: "the file that lists the servers",
    default: "init.yaml here or in a folder above",
  }],
  options: [
    fileOption,
    serverOption,
    tlsOption,
    asOption,
    keyOption,
    {
      flags: "--allow <PATTERNS>",
      description: "offer these rpcs only: math.*,text.search",
      manual: "offer these rpcs only, `math.*,text.search`; a `*` stands for any characters",
      default: "all that you may call",
      isRepeatable: true,
    },
    {
      flags: "--deny <PATTERNS>",
      description: "do not offer these rpcs, even if --allow names them",
      default: "none",
      isRepeatable: true,
    },
    {
      flags: "--confirm <PATTERNS>",
      description: "mark these rpcs as needing confirmation, even if they are idempotent",
      default: "those that are not idempotent",
      isRepeatable: true,
    },
    {
      flags: "--timeout <DURATION>",
      description: "the deadline of each call",
      variable: variables.timeout,
      default: "30s",
    },
    {
      flags: "--http <PORT>",
      description: "serve http://127.0.0.1:PORT/mcp instead of standard input and output",
      parse: parsePort,
    },
  ],
  more: `
Examples:
  farcall mcp init.yaml --as agent --key agent.key --allow 'math.*'
  claude mcp add farcall -- farcall mcp "$PWD/init.yaml" --as agent
${exitCodesText([0, 2])}`,
  async run({ args: [file], options }) {
    const { mcp } = await import("../services/mcp.ts");
    return await mcp(file, options);
  },
};
