/** The section `network`: servers and clients. */
import {
  comparableAddress,
  formatAddress,
  readClientAddress,
  readPort,
  readServerHost,
} from "./_addresses.ts";
import { readKey } from "./_keys.ts";
import { type Check, type Fields, readDescription, readFields } from "./fields.ts";
import { schemeOf } from "../../identity/mod.ts";
import { readOver } from "./_over.ts";
import { spellingsOf } from "../format_keys.ts";
import { readTls } from "./_tls.ts";
import { readRate } from "./_rate.ts";
import { readNats, readNatsNode, withPins } from "./_nats.ts";
import { type Named, readNamed } from "./_named.ts";
import { describe, type Entry, isEmpty, isNothing, type ScalarNode } from "../yaml/nodes.ts";
import type { ClientEntry, FleetAddress, ServerEntry } from "../model.ts";

/** The section's content. */
export interface Network {
  /** The fleet's NATS server, if valid. */
  readonly nats: FleetAddress | undefined;
  readonly servers: ReadonlyMap<string, ServerEntry>;
  readonly clients: ReadonlyMap<string, ClientEntry>;
  /** The names that services may refer to, including those of faulty entries; undefined if unknown. */
  readonly serverNames: ReadonlySet<string> | undefined;
  readonly clientNames: ReadonlySet<string> | undefined;
}

const serverSample = "s1: { ip: 127.0.0.1, port: 8181 }";
const clientSample = "c1: { ip: 127.0.0.1 }";
const nowhere: Network = {
  nats: undefined,
  servers: new Map(),
  clients: new Map(),
  serverNames: undefined,
  clientNames: undefined,
};

/** Reads the section, and notes mistakes. */
export function readNetwork(check: Check, section: Entry | undefined): Network {
  if (section === undefined) return nowhere;
  const spec = {
    what: "network",
    section: "network" as const,
    sample: `network: { servers: { ${serverSample} }, clients: { ${clientSample} } }`,
  };
  const fields = readFields(check, section.value, spec);
  if (fields === undefined) return nowhere;
  const hasFleet = fields.has("nats");
  const names = { servers: readSide("servers"), clients: readSide("clients") };
  if (names.clients !== undefined && names.clients.length > check.bounds.clientsMax) {
    check.findings.add({
      at: fields.get("clients")!.key,
      message: `${names.clients.length} clients, at most ${check.bounds.clientsMax} are allowed`,
    });
  }
  const nats = readNats(check, fields.get("nats"));
  const servers = readServers(check, names.servers ?? [], nats);
  return {
    nats: nats && withPins(nats, servers),
    servers,
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
      if (side === "servers" && hasFleet) return [];
      check.findings.add({ at: section!.key, message: `network has no "${side}"`, hint });
      return undefined;
    }
    if (isNothing(field.value)) {
      check.findings.add({ at: field.key, message: `"${field.key.text}" is empty`, hint });
      return undefined;
    }
    const childKeys = spellingsOf(kind);
    const named = readNamed(check, field.value, { kind, childKeys, sample, again: "mistake" });
    if (side === "servers" && isEmpty(field.value) && !hasFleet) {
      check.findings.add({ at: field.key, message: "expected at least one server", hint });
    }
    return named;
  }
}

function readServers(
  check: Check,
  named: readonly Named[],
  nats: FleetAddress | undefined,
): ReadonlyMap<string, ServerEntry> {
  const servers = new Map<string, ServerEntry>();
  const byAddress = new Map<string, { name: string; key: ScalarNode }>();
  for (const server of named) {
    const fields = readMachine(check, server, "server");
    if (fields === undefined) continue;
    const [ipField, portField] = [fields.get("ip"), fields.get("port")];
    const ip = ipField && readServerHost(check, ipField);
    const port = portField && readPort(check, portField);
    const tls = readTls(check, fields, server.name);
    const over = readOver(check, fields, ip);
    const description = readDescription(check, fields);
    const relayed = readNatsNode(check, fields, { name: server.name, fleet: nats });
    const isRelayedAlone = ipField === undefined && portField === undefined;
    if (isRelayedAlone && relayed !== undefined) {
      const { name } = server;
      const position = check.findings.positionOf(server.key);
      const entry = { name, ip: "", port: 0, nats: relayed, position };
      servers.set(name, description ? { ...entry, description } : entry);
      continue;
    }
    if (ip === undefined || port === undefined) continue;
    const address = `${schemeOf(over)}${comparableAddress(ip, port)}`;
    const other = byAddress.get(address);
    if (other !== undefined) {
      check.findings.add({
        at: portField!.value,
        message: `the servers "${other.name}" and "${server.name}" have one address, ` +
          `${schemeOf(over)}${formatAddress(ip, port)}; "${other.name}" is in ${
            check.findings.whereIs(other.key)
          }`,
        hint: "give each server an ip and port of its own",
      });
    } else byAddress.set(address, server);
    const { name } = server;
    const position = check.findings.positionOf(server.key);
    servers.set(name, {
      name,
      ip,
      port,
      ...(tls && { tls }),
      ...(over && { over }),
      ...(relayed && { nats: relayed }),
      ...(description && { description }),
      position,
    });
  }
  return servers;
}

function readClients(check: Check, named: readonly Named[]): ReadonlyMap<string, ClientEntry> {
  const clients = new Map<string, ClientEntry>();
  const byKey = new Map<string, { name: string; key: ScalarNode }>();
  for (const client of named) {
    const fields = readMachine(check, client, "client");
    if (fields === undefined) continue;
    if (!fields.has("ip") && !fields.has("key")) {
      check.findings.add({
        at: client.key,
        message: `client "${client.name}" has no "ip", and no "key" either`,
        hint: `write ${client.name}: { ip: 127.0.0.1 }`,
      });
    }
    const [ipField, portField, keyField] = ["ip", "port", "key"].map((name) => fields.get(name));
    const ip = ipField && readClientAddress(check, ipField);
    const port = portField && readPort(check, portField);
    const key = keyField && readKey(check, keyField);
    const description = readDescription(check, fields);
    const rate = readRate(check, fields);
    const allowLogs = readAllowLogs(check, fields);
    if (key !== undefined) {
      const other = byKey.get(key);
      if (other !== undefined) {
        check.findings.add({
          at: keyField!.value,
          message:
            `the clients "${other.name}" and "${client.name}" have one key; "${other.name}" ` +
            `is in ${check.findings.whereIs(other.key)}`,
          hint: "give each client a key of its own: farcall keygen makes one",
        });
      } else byKey.set(key, client);
    }
    if (ip === undefined && (ipField !== undefined || key === undefined)) continue;
    const { name } = client;
    const position = check.findings.positionOf(client.key);
    clients.set(name, {
      name,
      ...(ip !== undefined && { ip }),
      ...(port !== undefined && { port }),
      ...(key !== undefined && { key }),
      ...(rate && { rate }),
      ...(allowLogs && { allowLogs }),
      ...(description && { description }),
      position,
    });
  }
  return clients;
}

/** Whether a client may read logs. */
function readAllowLogs(check: Check, fields: Fields): true | undefined {
  const field = fields.get("allow-logs");
  if (field === undefined || field.value.kind === "broken") return undefined;
  const { key, value } = field;
  const text = value.kind === "scalar" ? value.text : undefined;
  if (text === "true") return true;
  if (text === "false") return undefined;
  check.findings.add({
    at: isNothing(value) ? key : value,
    message: `"allow-logs" is ${describe(value)}, expected true or false`,
    hint: "write allow-logs: true where the client may read the logs of all nodes",
  });
  return undefined;
}

function readMachine(
  check: Check,
  { name, key, value }: Named,
  kind: "server" | "client",
): Fields | undefined {
  const what = `${kind} "${name}"`;
  const required = kind === "server" ? ["ip", "port"] : [];
  const sample = kind === "server"
    ? `${name}: { ip: 127.0.0.1, port: 8181 }`
    : `${name}: { ip: 127.0.0.1 }`;
  if (isNothing(value)) {
    const expected = kind === "server" ? "ip and port" : "ip or key";
    const message = `${what} is empty, expected ${expected}`;
    check.findings.add({ at: key, message, hint: `write ${sample}` });
    return undefined;
  }
  const fields = readFields(check, value, { what, section: kind, sample });
  // Reached through NATS it needs no address, but half an address, or a setting that needs one, is a mistake.
  const isRelayed = fields?.has("nats") &&
    !["ip", "port", "tls", "over", "protocol"].some((name) => fields.has(name));
  if (isRelayed) return fields;
  for (const missing of required.filter((field) => fields !== undefined && !fields.has(field))) {
    const hint = `write ${sample}`;
    check.findings.add({ at: key, message: `${what} has no "${missing}"`, hint });
  }
  return fields;
}
