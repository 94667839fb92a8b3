/** Commands about a fleet: init, status, logs. */
import { exitCodesText } from "./exit_code_texts.ts";
import {
  configOption,
  fileOption,
  jsonOptions,
  jsonOptionsAs,
  keyOption,
  serverOption,
  tlsOption,
} from "./shared_options.ts";
import { type ArgumentSpec, type CommandSpec, oneOf, type OptionSpec } from "./spec.ts";

/** The init.yaml as an argument. */
export const fileArgument: ArgumentSpec = {
  name: "[FILE]",
  description: "the file that declares servers, clients, services and scripts; - is standard input",
  default: "init.yaml here or in a folder above",
};

const trustOption = (description: string): OptionSpec => ({
  flags: "--trust <KEY|FILE>",
  description,
  isRepeatable: true,
});

/** `farcall init`. */
export const initCommand: CommandSpec = {
  name: "init",
  summary: "make every node run exactly what a file declares",
  args: [fileArgument],
  options: [
    fileOption,
    {
      flags: "-n, --dry-run",
      description: "print the plan and change nothing; exits with 3 if anything would change",
      manual:
        "print the plan and change nothing; exits with 3 if anything would change, otherwise with 0",
    },
    {
      flags: "-y, --yes",
      description: "do not ask before taking rpcs away from clients",
      manual: "do not ask before taking rpcs away from clients; on a terminal, `init` asks",
    },
    {
      flags: "--only <SERVERS>",
      description: "deploy to these servers only: s1,s2",
      manual: "deploy to these servers only, `s1,s2`; the others stay as they are",
    },
    {
      ...keyOption,
      description: "authenticate and sign with this key",
      manual: "the private key to authenticate and sign with",
    },
    {
      flags: "--sign",
      description: "with a key: re-sign running deployments that another key has signed",
    },
    {
      flags: "--rollback [GENERATION]",
      description: "redeploy an earlier generation",
      manual: "redeploy this generation of each node as a new one; without `--only`, of a " +
        "[fleet](fleet.md#nodes-that-come-and-go) this state",
      default: "undo the last deployment",
    },
    {
      ...trustOption("with --rollback: also accept generations signed by this key"),
      manual:
        "with `--rollback` and a key: also accept generations signed by this key, and re-sign " +
        "them",
    },
    {
      flags: "--take-over",
      description: "abort another deployer's deployment that is in progress",
      manual:
        "abort another deployer's deployment that is in progress; that deployer is told who did it",
    },
    {
      flags: "--watch",
      description: "redeploy on every save until interrupted",
      manual:
        "redeploy on every save until interrupted; after a mistake, report it and wait for the " +
        "next save",
    },
    {
      flags: "--history",
      description: "list past deployments: deployer, changes and time",
      manual:
        "list past deployments: deployer, signer, changes and time; nodes keep 16 generations, the " +
        "store of a fleet 16 states",
    },
    {
      flags: "--verbose",
      description: "print long plans in full",
      manual: "print plans of more than 60 lines in full instead of a summary",
    },
    ...jsonOptionsAs("print the plan and the outcome, or the history, as JSON"),
  ],
  more: `
Examples:
  farcall init
  farcall init --dry-run --only s1
  farcall init --rollback
${
    exitCodesText([0, 2, 3, 20, 22, 70, 74], {
      2: "bad usage, file or script",
      3: "a dry run found changes, or you declined them",
      22: "refused by a node",
    })
  }`,
  async run({ args: [file], options }) {
    const { init } = await import("../deploy/init.ts");
    return await init(file, options);
  },
};

/** `farcall check`. */
export const checkCommand: CommandSpec = {
  name: "check",
  summary: "check a file and its scripts as init does, without any node",
  args: [fileArgument],
  options: [fileOption, ...jsonOptions],
  more: `
${exitCodesText([0, 2, 70])}`,
  async run({ args: [file], options }) {
    const { check } = await import("../deploy/check.ts");
    return await check(file, options);
  },
};

/** `farcall new`. */
export const newCommand: CommandSpec = {
  name: "new",
  summary: "start a project: an init.yaml, two scripts, a client program",
  args: [{
    name: "[DIR]",
    description: "its folder; made if it is missing",
    default: "this folder",
  }],
  options: [],
  async run({ args: [folder] }) {
    const { newProject } = await import("../project/new.ts");
    return await newProject(folder);
  },
};

/** `farcall schema`. */
export const schemaCommand: CommandSpec = {
  name: "schema",
  summary: "print the JSON Schema of init.yaml, for editors",
  args: [],
  options: [],
  more: `
Examples:
  farcall schema > init.schema.json
  and as the first line of init.yaml:
  # yaml-language-server: $schema=init.schema.json`,
  async run() {
    const { printSchema } = await import("../deploy/schema.ts");
    return printSchema();
  },
};

/** `farcall status`. */
export const statusCommand: CommandSpec = {
  name: "status",
  summary: "show the state of the nodes and whether they run what a file declares",
  args: [{ ...fileArgument, description: "the file that lists the servers; - is standard input" }],
  options: [
    fileOption,
    {
      ...serverOption,
      description: "query this node only: an address or a server's name",
      manual: "query this node only: an address, which needs no file, or a server's name",
      isRepeatable: true,
    },
    tlsOption,
    keyOption,
    { flags: "--watch", description: "refresh every second until interrupted" },
    {
      flags: "--verify",
      description: "verify that the nodes store exactly what was deployed and signed",
      manual:
        "verify that the nodes store exactly what was deployed and signed, instead of the tables",
    },
    trustOption("with --verify: accept signatures by this key only"),
    ...jsonOptions,
  ],
  more: exitCodesText([0, 2, 20, 23], {
    0: "all nodes answered",
    20: "a node did not answer",
    23: "with --verify: a node stores something that was not deployed, or not by a trusted key",
  }),
  async run({ args: [file], options }) {
    const { status } = await import("../deploy/status.ts");
    return await status(file, options);
  },
};

/** `farcall logs`. */
export const logsCommand: CommandSpec = {
  name: "logs",
  summary: "show the logs of all nodes, in order of time",
  args: [{
    name: "[NODE...]",
    description: "servers' names, or HOST:PORT",
    default: "all servers of the file",
  }],
  options: [
    { ...configOption, description: "the file that lists the servers" },
    {
      flags: "-f, --follow",
      description: "print new records until interrupted",
      manual: "print new records until interrupted; resume with nodes that come back",
    },
    {
      flags: "--since <TIME>",
      description: "start at this time: 10m ago, or 2026-11-30T02:00:00Z",
      manual: "start at this time: a duration ago, `10m`, or a time, `2026-11-30T02:00:00Z`",
      default: "1h",
    },
    { flags: "--service <NAME>", description: "records of this service only" },
    { flags: "--rpc <NAME>", description: "records of rpcs with this name only" },
    {
      flags: "--call <ID>",
      description: "records of this call only, by its number in the log",
      manual: "records of this call only: the `call` field of a record, which each executor counts",
    },
    {
      flags: "--level <LEVEL>",
      description: "records of this level and above: debug, info, warn or error",
      default: "all that the log has",
      parse: oneOf("--level", "debug", "info", "warn", "error"),
    },
    { ...tlsOption, description: "with HOST:PORT: a CA file, sha256:… or system" },
    {
      flags: "--as <CLIENT>",
      description: "ask as this client, which needs allow-logs",
      default: "as a deployer",
    },
    keyOption,
    ...jsonOptionsAs("print JSON, an object per line"),
  ],
  more: `
Examples:
  farcall logs                             the last hour, on all nodes
  farcall logs s1 -f --service math
  farcall logs --since 10m --level warn --json
${
    exitCodesText([0, 2, 20, 22], {
      0: "all nodes answered",
      20: "a node did not answer",
      22: "refused by a node, or not supported by an older one",
    })
  }`,
  async run({ args: [nodes], options }) {
    const { logs } = await import("../logs/logs.ts");
    return await logs(nodes, options);
  },
};
