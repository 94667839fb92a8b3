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

/** How that node is known. */
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
  default: "the first in the file that matches",
};

/** What proves it. */
export const keyOption: OptionSpec = {
  flags: "-k, --key <FILE>",
  description: "authenticate with this key",
  manual: "the private key to authenticate with, see [keygen](#farcall-keygen-name)",
  variable: variables.key,
};

/** JSON in place of text, in two spellings. */
export const jsonOptions: readonly OptionSpec[] = jsonOptionsAs("print JSON");

/** The same, with more to be said. */
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

/** What every command takes, before or behind its name. */
export const globalOptions: readonly OptionSpec[] = [
  {
    flags: "--no-color",
    description: "no colours, even on a terminal or with FORCE_COLOR",
  },
];

/** Makes `-o json` what `--json` is. */
export function withJson<Options extends { output?: unknown; json?: unknown }>(
  { output, ...options }: Options,
): Omit<Options, "output"> {
  return output === "json" ? { ...options, json: true } : options;
}
