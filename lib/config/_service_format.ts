/** The sections about services and their rpcs. */
import {
  description,
  type KeyFormat,
  type SectionFormat,
  type SectionName,
} from "./_key_format.ts";

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

export const serviceFormat = {
  service: {
    title: "A service",
    where: "among the keys of a service",
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
    where: "in the limits of a service",
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
    where: "in the permissions of a service",
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
    where: "in an rpc",
    keys: {
      overloads: { description: "its overloads", value: "overloads", isRequired: true },
      description,
      idempotent: { ...idempotent, where: "everywhere" },
      allow: { ...allow, where: "everywhere" },
    },
  },
  overload: {
    title: "An overload",
    where: "in an overload of an rpc",
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
    where: "in an example",
    keys: {
      args: {
        description: "the arguments, one for each type",
        value: "values",
        where: "everywhere",
      },
      returns: {
        description: "the expected values, one for each type",
        value: "values",
        where: "everywhere",
      },
      throws: {
        description: 'a part of the expected exception\'s message; "" matches any',
        value: "textOrNone",
      },
    },
  },
} satisfies Partial<Record<SectionName, SectionFormat>>;
