/** Options that several commands have. */
import { oneOf, type OptionSpec } from "./spec.ts";
import { variables } from "./variables.ts";

/** The init.yaml, of commands that call. */
export const configOption: OptionSpec = {
  flags: "-c, --config <FILE>",
  description: "the file that lists the providers",
  variable: variables.config,
  default: "init.yaml here or in a folder above",
};

/** The init.yaml, of commands that also take it as their argument. */
export const fileOption: OptionSpec = {
  flags: "-c, --config <FILE>",
  description: "the same as FILE",
  variable: variables.config,
};

/** The node to ask. */
export const serverOption: OptionSpec = {
  flags: "-s, --server <HOST:PORT>",
  description:
    "call this node: an address (port 8181 if none is given), or a server's name in the file",
  manual: "call this node: an address, which needs no file, or a server's name. " +
    "A host without a port means port 8181",
  variable: variables.server,
};

/** How callers verify that node. */
export const tlsOption: OptionSpec = {
  flags: "--tls <TRUST>",
  description: "with --server HOST:PORT: a CA file, sha256:… or system",
  manual:
    "with `--server HOST:PORT`: use TLS and trust a CA file (or the node's own certificate), " +
    "a fingerprint `sha256:…`, or `system`",
  default: "no TLS",
};

/** The caller. */
export const asOption: OptionSpec = {
  flags: "--as <CLIENT>",
  description: "the client to call as",
  variable: variables.as,
  default: "the first that matches in the file",
};

/** The key that proves the caller's identity. */
export const keyOption: OptionSpec = {
  flags: "-k, --key <FILE>",
  description: "authenticate with this key",
  manual: "authenticate with this private key, see [keygen](#farcall-keygen-name)",
  variable: variables.key,
};

/** JSON instead of text, in two spellings. */
export const jsonOptions: readonly OptionSpec[] = jsonOptionsAs("print JSON");

/** The same, with a description of its own. */
export function jsonOptionsAs(description: string): readonly OptionSpec[] {
  return [
    { flags: "--json", description },
    {
      flags: "-o, --output <FORMAT>",
      description: "text or json",
      manual: "`text`, or `json`, which is `--json`",
      default: "text",
      parse: oneOf("--output", "text", "json"),
    },
  ];
}

/** Options of every command, before or after its name. */
export const globalOptions: readonly OptionSpec[] = [
  {
    flags: "--no-color",
    description: "print no colours, even on a terminal or with FORCE_COLOR",
  },
];

/** Turns `-o json` into `--json`. */
export function withJson<Options extends { output?: unknown; json?: unknown }>(
  { output, ...options }: Options,
): Omit<Options, "output"> {
  return output === "json" ? { ...options, json: true } : options;
}
