/**
 * Every key of an init.yaml with its spellings, value and purpose. Checks, hints, the schema and the reference use it.
 */
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
  /** Where it belongs, for hints; left out if the section's place says it. */
  readonly place?: string | "everywhere";
  readonly isRequired?: true;
}

/** One section. */
export interface SectionFormat {
  /** Its title in the reference. */
  readonly title: string;
  /** Where its keys belong, for hints. */
  readonly place: string;
  readonly keys: Readonly<Record<string, KeyFormat>>;
}

const description: KeyFormat = {
  description: "a description for people: shown by farcall call, and written into types",
  value: "label",
  words: ["doc", "docs", "comment", "summary", "help"],
  place: "everywhere",
};
const allow: KeyFormat = {
  description: "the only tenants that may call it; for others it does not exist. [] means nobody",
  value: "names",
  words: ["tenants", "clients", "callers", "users", "only"],
};
const idempotent: KeyFormat = {
  description: "running it twice does no harm, so callers may retry a call that may have run",
  value: "boolean",
  words: ["repeatable", "retryable", "retry", "safe"],
};
const ipWords = ["host", "hostname", "address", "addr"];
const inBoth = "in a server or a client";

/** Every section. */
export const format: Readonly<Record<SectionName, SectionFormat>> = {
  file: {
    title: "The file",
    place: "at the top of the file",
    keys: {
      network: {
        description: "the nodes and the named callers",
        value: { section: "network" },
        isRequired: true,
      },
      services: {
        description: "what nodes run, by the services' names",
        value: { mapOf: "service" },
        spellings: ["service"],
        isRequired: true,
      },
      rpc: {
        description: "rpcs that several services share: those that list them by name alone",
        value: { mapOf: "rpc" },
        spellings: ["rpcs"],
      },
    },
  },
  network: {
    title: "`network`",
    place: "in network",
    keys: {
      servers: {
        description: "the nodes, by their names",
        value: { mapOf: "server" },
        spellings: ["server"],
        words: ["nodes", "hosts"],
      },
      clients: {
        description: "the named callers; {} if nobody may call",
        value: { mapOf: "client" },
        spellings: ["client"],
        isRequired: true,
      },
      nats: {
        description: "the NATS server that relays to servers with `nats`",
        value: { section: "nats" },
        words: ["broker", "relay"],
      },
    },
  },
  nats: {
    title: "`nats` of the network",
    place: "in the nats of the network",
    keys: {
      url: {
        description: "nats://HOST:PORT or tls://HOST:PORT, or several with commas",
        value: "text",
        words: ["address"],
        isRequired: true,
      },
      fleet: {
        description: "the fleet's name, the same for its nodes and its callers",
        value: "text",
        isRequired: true,
      },
      ca: {
        description: "a PEM file of certificates to trust for its TLS, besides the runtime's",
        value: "text",
        place: "everywhere",
      },
    },
  },
  server: {
    title: "A server",
    place: "in a server",
    keys: {
      ip: {
        description: "the address or the host name at which callers reach it",
        value: "text",
        words: ipWords,
        place: inBoth,
      },
      port: { description: "its port", value: "port", place: inBoth },
      nats: {
        description:
          "true: callers reach it through the network's nats if it has no ip or does not answer there",
        value: "boolean",
        place: "in a server or in network",
      },
      key: {
        description: "with nats: the only key that its node may prove there",
        value: "key",
        place: "everywhere",
      },
      tls: {
        description: "how callers verify its certificate; true trusts the runtime's authorities",
        value: { section: "tls", or: "boolean" },
      },
      over: {
        description: "what carries connections to it instead of TCP",
        value: { oneOf: ["tcp", "udp", "ip"] },
      },
      protocol: { description: "with over: ip, the number in the IP header", value: "protocol" },
      description,
    },
  },
  tls: {
    title: "`tls` of a server",
    place: "in the tls of a server",
    keys: {
      ca: {
        description: "a PEM file of trusted certificates: the server's own, or authorities'",
        value: "text",
      },
      "server-name": {
        description: "the name or address in the certificate, if it is not the server's ip",
        value: "text",
      },
      fingerprint: {
        description: "the SHA-256 of the one trusted certificate, from farcall keygen --tls",
        value: "text",
      },
    },
  },
  client: {
    title: "A client",
    place: "in a client",
    keys: {
      ip: {
        description: "the address or network that it calls from",
        value: "text",
        words: ipWords,
        place: inBoth,
      },
      port: { description: "the only port that it calls from", value: "port", place: inBoth },
      key: {
        description: "the public key that it must prove, as printed by farcall keygen",
        value: "key",
        place: "in a client, or in a server with nats",
      },
      rate: { description: "how often it may call each node: 100/s, 30/m, 5/h", value: "rate" },
      burst: {
        description: "how many calls may arrive at once after a pause",
        value: { quantity: "count" },
      },
      "allow-logs": {
        description: "the client may read the nodes' logs, with farcall logs",
        value: "boolean",
      },
      description,
    },
  },
  service: {
    title: "A service",
    place: "among the keys of a service",
    keys: {
      providers: {
        description: "the servers that run it, or all, or { labels: [gpu] }: nodes of the fleet",
        value: "providers",
        spellings: ["provider"],
        words: ["servers", "nodes", "hosts", "provided-by"],
        isRequired: true,
      },
      tenants: {
        description: "the clients that may call it; [] means nobody",
        value: "names",
        spellings: ["tenant"],
        words: ["clients", "users", "consumers", "callers", "allow"],
        isRequired: true,
      },
      rpcs: {
        description: "its functions, by their names",
        value: { mapOf: "rpc" },
        spellings: ["rpc"],
        words: ["functions", "methods", "procedures"],
        isRequired: true,
      },
      description,
      instances: {
        description: "how many executors it has; each is a process",
        value: { quantity: "count" },
      },
      limits: {
        description: "the limits it requests instead of the defaults",
        value: { section: "limits" },
        spellings: ["limit"],
      },
      permissions: {
        description: "what its scripts need to reach, if a node's operator grants it",
        value: { section: "permissions" },
        spellings: ["permission"],
      },
      isolation: {
        description: "call runs each call in a process of its own; without it, calls share one",
        value: { oneOf: ["call"] },
      },
      calls: {
        description: "the rpcs of other services that its scripts may call: prices: [of]",
        value: "calls",
      },
    },
  },
  limits: {
    title: "`limits` of a service",
    place: "in the limits of a service",
    keys: {
      timeout: {
        description: "the longest a call may take; a caller may ask for less",
        value: { quantity: "duration" },
      },
      heap: { description: "V8's heap of an executor", value: { quantity: "bytes" } },
      memory: { description: "memory of an executor", value: { quantity: "bytes" } },
      calls: {
        description: "concurrent calls of an executor; more wait",
        value: { quantity: "count" },
      },
      queue: {
        description: "calls that wait; more are refused as Overloaded",
        value: { quantity: "count" },
      },
      idle: {
        description: "an executor without calls is stopped after this",
        value: { quantity: "duration" },
      },
      result: { description: "size of a result", value: { quantity: "bytes" } },
      log: {
        description: "console lines per second; the rest are counted",
        value: { quantity: "count" },
      },
    },
  },
  permissions: {
    title: "`permissions` of a service",
    place: "in the permissions of a service",
    keys: {
      net: { description: "hosts, with or without a port: api.example.com:443", value: "names" },
      read: { description: "whole paths that may be read", value: "names" },
      write: { description: "whole paths that may be written", value: "names" },
      env: { description: "names of variables", value: "names" },
      sys: { description: "system information: hostname, loadavg, uid, …", value: "names" },
    },
  },
  rpc: {
    title: "An rpc with several overloads",
    place: "in an rpc",
    keys: {
      overloads: { description: "its overloads", value: "overloads", isRequired: true },
      description,
      idempotent: { ...idempotent, place: "everywhere" },
      allow: { ...allow, place: "everywhere" },
    },
  },
  overload: {
    title: "An overload",
    place: "in an overload of an rpc",
    keys: {
      args: {
        description: "the types of its arguments; [] takes none",
        value: "types",
        spellings: ["argument-types"],
        words: ["arguments", "parameters", "params", "input", "inputs", "takes"],
        isRequired: true,
      },
      names: {
        description: "the arguments' names, for callers by name",
        value: "names",
        spellings: ["argument-names"],
      },
      returns: {
        description: "the types that it returns: none for no value, several for a tuple",
        value: "types",
        spellings: ["return-types"],
        words: [
          ...["return", "result", "results", "output", "outputs", "return-type", "return-values"],
        ],
      },
      src: {
        description: "the script's path, relative to this file's folder",
        value: "text",
        spellings: ["path"],
        words: ["source", "script", "file", "code", "module"],
        isRequired: true,
      },
      description,
      idempotent,
      allow,
      examples: {
        description: "calls that every node makes before it commits",
        value: "examples",
      },
    },
  },
  example: {
    title: "An example",
    place: "in an example",
    keys: {
      args: {
        description: "the arguments, one for each type",
        value: "values",
        place: "everywhere",
      },
      returns: {
        description: "the expected values, one for each type",
        value: "values",
        place: "everywhere",
      },
      throws: {
        description: 'a part of the expected exception\'s message; "" matches any',
        value: "textOrNone",
      },
    },
  },
};
