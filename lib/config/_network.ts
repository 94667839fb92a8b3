/** The section `network`: servers and clients. */
import {
  comparableAddress,
  formatAddress,
  readClientAddress,
  readPort,
  readServerHost,
} from "./_addresses.ts";
import { type Check, type Fields, readDescription, readFields } from "./_fields.ts";
import { type Named, readNamed } from "./_named.ts";
import { type Entry, isEmpty, isNothing, type ScalarNode } from "./_nodes.ts";
import type { ClientEntry, ServerEntry } from "./model.ts";

/** What the section says. */
export interface Network {
  readonly servers: ReadonlyMap<string, ServerEntry>;
  readonly clients: ReadonlyMap<string, ClientEntry>;
  /** The names that services may refer to, of faulty entries too; undefined where they are unknowable. */
  readonly serverNames: ReadonlySet<string> | undefined;
  readonly clientNames: ReadonlySet<string> | undefined;
}

const machineKeys = { ip: [], port: [], description: [] };
const serverSample = "s1: { ip: 127.0.0.1, port: 8181 }";
const clientSample = "c1: { ip: 127.0.0.1 }";
const nowhere: Network = {
  servers: new Map(),
  clients: new Map(),
  serverNames: undefined,
  clientNames: undefined,
};

/** Reads the section; what is wrong in it is noted. */
export function readNetwork(check: Check, section: Entry | undefined): Network {
  if (section === undefined) return nowhere;
  const spec = {
    what: "network",
    keys: { servers: ["server"], clients: ["client"] },
    sample: `network: { servers: { ${serverSample} }, clients: { ${clientSample} } }`,
  };
  const fields = readFields(check, section.value, spec);
  if (fields === undefined) return nowhere;
  const names = { servers: readSide("servers"), clients: readSide("clients") };
  if (names.clients !== undefined && names.clients.length > check.bounds.clientsMax) {
    check.findings.add({
      at: fields.get("clients")!.key,
      message: `${names.clients.length} clients, at most ${check.bounds.clientsMax} are allowed`,
    });
  }
  return {
    servers: readServers(check, names.servers ?? []),
    clients: readClients(check, names.clients ?? []),
    serverNames: names.servers && new Set(names.servers.map(({ name }) => name)),
    clientNames: names.clients && new Set(names.clients.map(({ name }) => name)),
  };

  function readSide(side: "servers" | "clients"): readonly Named[] | undefined {
    const field = fields!.get(side);
    const kind = side === "servers" ? "server" : "client";
    const sample = side === "servers" ? serverSample : clientSample;
    const wayOut = side === "servers" ? "" : ", or clients: {} if nobody may call";
    const hint = `write ${side}: { ${sample} }${wayOut}`;
    if (field === undefined) {
      check.findings.add({ at: section!.key, message: `network has no "${side}"`, hint });
      return undefined;
    }
    if (isNothing(field.value)) {
      check.findings.add({ at: field.key, message: `"${field.key.text}" is empty`, hint });
      return undefined;
    }
    const childKeys = Object.keys(machineKeys);
    const named = readNamed(check, field.value, { kind, childKeys, sample, again: "mistake" });
    if (side === "servers" && isEmpty(field.value)) {
      check.findings.add({ at: field.key, message: "expected at least one server", hint });
    }
    return named;
  }
}

function readServers(check: Check, named: readonly Named[]): ReadonlyMap<string, ServerEntry> {
  const servers = new Map<string, ServerEntry>();
  const byAddress = new Map<string, { name: string; key: ScalarNode }>();
  for (const server of named) {
    const fields = readMachine(check, server, { kind: "server", required: ["ip", "port"] });
    if (fields === undefined) continue;
    const [ipField, portField] = [fields.get("ip"), fields.get("port")];
    const ip = ipField && readServerHost(check, ipField);
    const port = portField && readPort(check, portField);
    const description = readDescription(check, fields);
    if (ip === undefined || port === undefined) continue;
    const address = comparableAddress(ip, port);
    const other = byAddress.get(address);
    if (other !== undefined) {
      check.findings.add({
        at: portField!.value,
        message: `the servers "${other.name}" and "${server.name}" have one address, ` +
          `${formatAddress(ip, port)}; "${other.name}" is in ${check.findings.whereIs(other.key)}`,
        hint: "give each server an ip and port of its own",
      });
    } else byAddress.set(address, server);
    const { name } = server;
    const place = check.findings.placeOf(server.key);
    servers.set(name, { name, ip, port, ...(description && { description }), place });
  }
  return servers;
}

function readClients(check: Check, named: readonly Named[]): ReadonlyMap<string, ClientEntry> {
  const clients = new Map<string, ClientEntry>();
  for (const client of named) {
    const fields = readMachine(check, client, { kind: "client", required: ["ip"] });
    if (fields === undefined) continue;
    const [ipField, portField] = [fields.get("ip"), fields.get("port")];
    const ip = ipField && readClientAddress(check, ipField);
    const port = portField && readPort(check, portField);
    const description = readDescription(check, fields);
    if (ip === undefined) continue;
    const { name } = client;
    const place = check.findings.placeOf(client.key);
    clients.set(name, {
      name,
      ip,
      ...(port !== undefined && { port }),
      ...(description && { description }),
      place,
    });
  }
  return clients;
}

function readMachine(
  check: Check,
  { name, key, value }: Named,
  { kind, required }: { kind: "server" | "client"; required: readonly string[] },
): Fields | undefined {
  const what = `${kind} "${name}"`;
  const sample = kind === "server"
    ? `${name}: { ip: 127.0.0.1, port: 8181 }`
    : `${name}: { ip: 127.0.0.1 }`;
  if (isNothing(value)) {
    const message = `${what} is empty, expected ${required.join(" and ")}`;
    check.findings.add({ at: key, message, hint: `write ${sample}` });
    return undefined;
  }
  const fields = readFields(check, value, { what, keys: machineKeys, sample });
  for (const missing of required.filter((field) => fields !== undefined && !fields.has(field))) {
    const hint = `write ${sample}`;
    check.findings.add({ at: key, message: `${what} has no "${missing}"`, hint });
  }
  return fields;
}
