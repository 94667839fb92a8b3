/** How a key of an init.yaml is described. */
import type { Unit } from "../manifest/mod.ts";

/** The sections of the file that are maps of known keys. */
export type SectionName =
  | "file"
  | "network"
  | "nats"
  | "server"
  | "tls"
  | "client"
  | "service"
  | "limits"
  | "permissions"
  | "rpc"
  | "overload"
  | "example";

/** The shape of a value. */
export type ValueFormat =
  /** Any scalar, as it is written. */
  | "label"
  | "text"
  | "textOrNone"
  | "boolean"
  | "port"
  | "protocol"
  | "rate"
  | "key"
  | "values"
  /** One name, or a list of them; of `providers` at least one, or labels. */
  | "names"
  | "providers"
  | "types"
  | { readonly quantity: Unit }
  | { readonly oneOf: readonly string[] }
  | { readonly section: SectionName; readonly or?: "boolean" }
  | { readonly mapOf: "server" | "client" | "service" | "rpc" }
  | "examples"
  | "overloads"
  | "calls";

/** One key. */
export interface KeyFormat {
  /** A sentence without its full stop. */
  readonly description: string;
  readonly value: ValueFormat;
  /** Other spellings that are accepted. */
  readonly spellings?: readonly string[];
  /** Words that people use for it, too different for the edit distance to find. */
  readonly words?: readonly string[];
  /** Where it belongs, for hints: `in a server`. Default: the section's `where`. `everywhere` gives no hint. */
  readonly where?: string | "everywhere";
  readonly isRequired?: true;
}

/** One section. */
export interface SectionFormat {
  /** Its title in the reference. */
  readonly title: string;
  /** Where its keys belong, for hints. */
  readonly where: string;
  readonly keys: Readonly<Record<string, KeyFormat>>;
}

/** The description of a server, client, service, rpc or overload. */
export const description: KeyFormat = {
  description: "a description for people: shown by farcall call, and written into types",
  value: "label",
  words: ["doc", "docs", "comment", "summary", "help"],
  where: "everywhere",
};
