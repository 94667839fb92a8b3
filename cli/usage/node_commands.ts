/** Commands for one machine: serve, keygen, doctor. */
import { type CommandSpec, oneOf, parsePort } from "./spec.ts";
import { exitCodesText } from "./exit_code_texts.ts";
import { fileOption, jsonOptions, keyOption } from "./shared_options.ts";

/** `farcall serve`. */
export const serveCommand: CommandSpec = {
  name: "serve",
  summary: "run a node: serve the functions deployed to it until SIGINT or SIGTERM",
  args: [
    { name: "[HOST]", description: "the address to listen on", default: "127.0.0.1" },
    {
      name: "[PORT]",
      description: "the port to listen on; 0 picks a free one",
      manual: "the port to listen on; 0 picks a free one, which the ready line names",
      default: "8181",
      parse: parsePort,
    },
  ],
  options: [
    {
      flags: "--port <PORT>",
      description: "the port to listen on, without naming HOST",
      parse: parsePort,
    },
    {
      flags: "--root <DIR>",
      description: "the state directory",
      manual: "the state directory; one node at a time",
      default: ".farcall/<host>-<port>",
    },
    {
      flags: "--name <NAME>",
      description: "the node's name; refuse deployments for any other name",
      manual: "the node's name; refuse deployments and proofs of keys for any other name",
      default: "the first deployment's",
    },
    {
      flags: "--advertise <IP:PORT>",
      description: "an address that reaches this node through a router, container or tunnel",
      isRepeatable: true,
    },
    {
      flags: "--deploy-key <KEY|FILE>",
      description: "accept deployments signed by this key only",
      isRepeatable: true,
      default: "this user on this machine deploys",
    },
    {
      flags: "--limit <[SERVICE:]NAME=VALUE>",
      description: "cap a limit that services may ask for",
      manual:
        "cap a limit that all services, or one, may ask for, or set the node's connections, " +
        "executors, memory or `http-idle`; see [limits](init-yaml.md#limits-and-permissions)",
      isRepeatable: true,
    },
    {
      flags: "--grant <SERVICE:KIND=VALUES>",
      description: "grant a service a permission: math:net=host:443",
      manual: "grant a service's scripts a permission: `math:net=host:443`",
      isRepeatable: true,
    },
    {
      flags: "--allow-origin <ORIGIN>",
      description: "allow HTTP calls from pages of this origin: https://app.example.com",
      isRepeatable: true,
    },
    {
      flags: "--host <NAME>",
      description: "a host name that HTTP callers use, such as a load balancer's",
      manual:
        "a host name that HTTP callers use, such as a load balancer's; refuse all names but these " +
        "and the node's own (421)",
      isRepeatable: true,
    },
    {
      flags: "--over <CARRIER>",
      description: "carry connections over tcp, udp, ip or ip:PROTOCOL",
      default: "tcp",
    },
    {
      flags: "--nats <URL>",
      description:
        "be reachable through this NATS server too, or only through it if HOST is left out",
      manual:
        "be reachable [through this NATS server](fleet.md) too, or only through it if HOST and --port are left out: " +
        "`nats://HOST:PORT` or `tls://HOST:PORT`, or several of a cluster, separated by commas",
    },
    { flags: "--fleet <NAME>", description: "with --nats: the fleet that the node belongs to" },
    {
      flags: "--labels <LABELS>",
      description: "with --nats: labels by which services select the node: gpu,cam",
    },
    {
      flags: "--node-key <FILE>",
      description: "with --nats: the private key that proves the node's name to callers",
      manual:
        "with --nats: the private key that proves the node's name to callers, as `farcall keygen` makes it; " +
        "init.yaml may [pin its public half](fleet.md#identity)",
      default: "node.key in the state directory, made at the first start",
    },
    {
      flags: "--nats-ca <FILE>",
      description: "with --nats: a PEM file of certificates to trust for the server's TLS",
      default: "the runtime's authorities",
    },
    {
      flags: "--metrics-allow <ADDRESS>",
      description: "let this address or network ask for /healthz, /readyz and /metrics: 10.0.0.0/8",
      manual: "let this address or network ask for " +
        "[health and metrics](operations.md#health-and-metrics): `10.0.0.0/8`",
      default: "this machine",
      isRepeatable: true,
    },
    {
      flags: "--metrics-port <PORT>",
      description: "serve these paths at this port only; 0 picks a free one",
      manual:
        "serve these at this port only, not at the node's own; 0 picks a free one, which the " +
        "ready line names",
      default: "the node's own",
      parse: parsePort,
    },
    {
      flags: "--tls-cert <FILE>",
      description: "the certificate in PEM; callers then need TLS",
      manual: "the certificate in PEM, with its intermediates; callers then need TLS",
      default: "no encryption",
    },
    {
      flags: "--tls-key <FILE>",
      description: "the certificate's private key in PEM",
      manual: "the certificate's private key in PEM; other users must not be able to read it",
    },
    { flags: "--require-tls", description: "refuse to start without a certificate" },
    {
      flags: "--log <FILE>",
      description: "append the log to a file; SIGHUP reopens it",
      manual: "append the log to a file; SIGHUP reopens it, see " +
        "[log rotation](operations.md#log-rotation)",
      default: "standard error",
    },
    {
      flags: "--log-max <SIZE>",
      description: "rotate the log file before it exceeds this size: 100MiB",
      default: "never",
    },
    {
      flags: "--log-keep <COUNT>",
      description: "the number of rotated files to keep; FILE.1 is the newest",
      default: "5",
    },
    {
      flags: "--log-format <FORMAT>",
      description: "text or json",
      manual: "`text`: lines for people; `json`: one object per line with `time` (ISO 8601) and " +
        "`epochMs`",
      default: "text",
      parse: oneOf("--log-format", "text", "json"),
    },
    {
      flags: "--log-level <LEVEL>",
      description: "debug, info, warn or error",
      default: "info",
      parse: oneOf("--log-level", "debug", "info", "warn", "error"),
    },
  ],
  async run({ args: [host, port], options }) {
    const { serve } = await import("../node/serve.ts");
    const log = { logFormat: "text", logLevel: "info" };
    return await serve(host, port, { ...log, ...options });
  },
};

/** `farcall keygen`. */
export const keygenCommand: CommandSpec = {
  name: "keygen",
  summary: "make a key pair: NAME.key, to authenticate with, and NAME.pub, for init.yaml",
  args: [{
    name: "[NAME]",
    description: "the files' base name; existing files are kept",
    default: "farcall, or HOST",
  }],
  options: [{
    flags: "--tls <HOST>",
    description: "make a node's certificate and its key instead: NAME.crt and NAME.key",
  }],
  more: `
Examples:
  farcall keygen c1                        writes c1.key and c1.pub, prints ed25519:…
  farcall call math.add 2 3 --key c1.key   as the client with that key in init.yaml
  farcall keygen --tls 10.0.0.5            writes 10.0.0.5.crt and 10.0.0.5.key, prints sha256:…`,
  async run({ args: [name], options }) {
    const { keygen } = await import("../node/keygen.ts");
    return await keygen(name, options.tls);
  },
};

/** `farcall doctor`. */
export const doctorCommand: CommandSpec = {
  name: "doctor",
  summary: "look for trouble: clock, descriptors, memory, disk, keys, certificates, nodes",
  args: [{
    name: "[FILE]",
    description: "the file that lists the servers; - is standard input",
    default: "init.yaml here or in a folder above",
  }],
  options: [fileOption, keyOption, ...jsonOptions],
  more: exitCodesText([0, 2, 3], { 0: "no trouble", 3: "trouble" }),
  async run({ args: [file], options }) {
    const { doctor } = await import("../node/doctor.ts");
    return await doctor(file, options);
  },
};
