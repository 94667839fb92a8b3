/** Checks a program's services, and makes a manifest of them. */
import type { ProgramOverload } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  canonicalAddress,
  isPublicKey,
  isUnspecified,
  publicKeyForm,
  scriptIdOf,
} from "../identity/mod.ts";
import { formatSignature } from "../types/mod.ts";
import {
  type GrantedCalls,
  type Manifest,
  type ManifestClient,
  manifestFormat,
  type ManifestOverload,
  type ManifestService,
  namePatterns,
} from "../manifest/mod.ts";
import { type EmbeddedLimits, Rpc, type Rpcs, Service } from "./rpc.ts";
import type { ServeOptions } from "./options.ts";

/** A node's manifest, and its functions by service for executors. */
export interface ReadServices {
  readonly manifest: Manifest;
  readonly overloads: ReadonlyMap<string, readonly ProgramOverload[]>;
}

/** The default client: this machine. */
const localClients: readonly ManifestClient[] = [
  { name: "local", ip: "127.0.0.1" },
  { name: "local", ip: "::1" },
];

/** @throws As `serve`. */
export async function readServices(options: ServeOptions): Promise<ReadServices> {
  const clients = options.clients === undefined ? localClients : clientsOf(options.clients);
  const clientNames = [...new Set(clients.map(({ name }) => name))];
  // The script id that calls can be pinned to: it changes with every start, because the functions may differ.
  const start = crypto.randomUUID();
  const services: ManifestService[] = [];
  const overloads = new Map<string, readonly ProgramOverload[]>();
  for (const [name, given] of Object.entries(options.services)) {
    checkName("service", name);
    const { rpcs, options: said } = given instanceof Service ? given : new Service(given, {});
    const { tenants = clientNames } = said;
    const stranger = tenants.find((tenant) => !clientNames.includes(tenant));
    if (stranger !== undefined) {
      throw new TypeError(
        `service "${name}" has the tenant "${stranger}", which is not one of the clients: ` +
          (clientNames.join(", ") || "there are none"),
      );
    }
    const calls = callsOf(name, said.calls ?? {}, options.services);
    checkLimits(name, said.limits ?? {});
    const listed = listRpcs(name, rpcs);
    services.push({
      name,
      description: said.description,
      tenants,
      limits: said.limits,
      overloads: await Promise.all(
        listed.map(async ({ rpc, overload }): Promise<ManifestOverload> => {
          const { args, returns, argsKey } = overload.signature;
          const text = new TextEncoder().encode(`${start} ${name}.${rpc}(${argsKey})`);
          const script = await scriptIdOf(text as Uint8Array<ArrayBuffer>);
          const { description, names, isIdempotent } = overload.options;
          const repeatable = isIdempotent ? { isIdempotent: true as const } : {};
          return { rpc, description, args, names, returns, script, ...repeatable };
        }),
      ),
      ...(calls.length > 0 && { calls }),
    });
    overloads.set(name, listed.map(({ overload }) => overload));
  }
  if (options.name !== undefined) checkName("server", options.name);
  return {
    manifest: { format: manifestFormat, node: options.name ?? "", clients, services },
    overloads,
  };
}

/** @throws {TypeError} If there is no such rpc. */
function callsOf(
  caller: string,
  calls: Readonly<Record<string, readonly string[]>>,
  services: ServeOptions["services"],
): GrantedCalls[] {
  return Object.entries(calls).map(([service, rpcs]) => {
    const given = Object.hasOwn(services, service) ? services[service]! : {};
    const known = given instanceof Service ? given.rpcs : given;
    const missing = rpcs.find((rpc) => !Object.hasOwn(known, rpc));
    if (missing === undefined && rpcs.length > 0) return { service, rpcs };
    throw new TypeError(
      missing === undefined
        ? `the calls of service "${caller}" name no rpc of "${service}"`
        : `service "${caller}" calls ${service}.${missing}, which this node does not have`,
    );
  });
}

function listRpcs(service: string, rpcs: Rpcs): { rpc: string; overload: Rpc }[] {
  const listed = Object.entries(rpcs).flatMap(([rpc, given]) => {
    checkName("rpc", rpc);
    return [given].flat().map((overload) => {
      if (overload instanceof Rpc) return { rpc, overload };
      throw new TypeError(
        `${service}.${rpc} is not an rpc; write rpc([types], [types], function), with rpc and serve imported ` +
          "from the same copy of the library",
      );
    });
  });
  const seen = new Set<string>();
  for (const { rpc, overload } of listed) {
    const text = formatSignature(rpc, { args: overload.signature.args, returns: [] });
    if (seen.has(text)) {
      const [takes] = text.split(" -> ");
      throw new TypeError(`service "${service}" has two overloads ${takes}; leave one out`);
    }
    seen.add(text);
  }
  if (listed.length <= limits.overloadsPerServiceMax) return listed;
  throw new RangeError(
    `service "${service}" has ${listed.length} overloads, ${limits.overloadsPerServiceMax} are allowed`,
  );
}

function clientsOf(clients: NonNullable<ServeOptions["clients"]>): ManifestClient[] {
  return Object.entries(clients).map(([name, { ip, port, key, allowLogs }]) => {
    checkName("client", name);
    if (key !== undefined && !isPublicKey(key)) {
      throw new TypeError(`the key of client "${name}" must be ${publicKeyForm}`);
    }
    if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      throw new RangeError(`the port of client "${name}" must be from 1 to 65535, got ${port}`);
    }
    const reads = allowLogs ? { allowLogs: true as const } : {};
    if (ip === undefined && key !== undefined) return { name, port, key, ...reads };
    const address = ip === "localhost" ? ip : canonicalAddress(ip ?? "");
    if (address === undefined) {
      throw new TypeError(`the ip of client "${name}" must be an IP address, got ${show(ip)}`);
    }
    if (isUnspecified(address)) {
      throw new TypeError(
        `the ip of client "${name}" must be the address that it calls from, got ${
          show(ip)
        }, which no machine has`,
      );
    }
    return { name, ip: address, port, key, ...reads };
  });
}

const knownLimits = ["timeoutMs", "callsMax", "queueMax", "resultBytesMax"] as const;

function checkLimits(service: string, given: EmbeddedLimits): void {
  for (const [name, value] of Object.entries(given)) {
    const known = knownLimits.find((each) => each === name);
    if (known === undefined) {
      throw new TypeError(
        `service "${service}" has no limit "${name}"; there are ${knownLimits.join(", ")}`,
      );
    }
    const most = limits.serviceBounds[known];
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) continue;
    throw new RangeError(
      `${name} of service "${service}" must be a whole number from 1 to ${most}, got ${
        show(value)
      }`,
    );
  }
}

function checkName(kind: keyof typeof namePatterns, name: string): void {
  const [pattern, form] = namePatterns[kind];
  if (pattern.test(name) && name.length <= limits.nameLengthMax) return;
  const what = kind === "server" ? "node" : kind;
  throw new TypeError(
    `${
      show(name)
    } is not a name of a ${what}: use ${form}, at most ${limits.nameLengthMax} characters`,
  );
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
