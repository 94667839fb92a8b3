/**
 * The manifest: the deployable form of init.yaml for one node. It names scripts by id and contains no code. `deploy`
 * makes it; the node checks it and stores it as a generation.
 */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type CallRate, isCallRate } from "./call_rate.ts";
import {
  AddressRange,
  isPublicKey,
  type PublicKey,
  publicKeyForm,
  type ScriptId,
  scriptId,
  scriptIdOf,
} from "../identity/mod.ts";
import { checkSources, type ManifestSources } from "./sources.ts";
import { checkFields } from "./_known_fields.ts";
import { checkCalls, checkCallTargets, type GrantedCalls } from "./granted_calls.ts";
import { checkCallers, type ScriptCaller } from "./script_callers.ts";
import { checkIsolation, checkLimits, checkPermissions } from "./_settings.ts";
import { atOnce, encodeJsonSteps, type Steps, type TakeSteps } from "../encoding/mod.ts";
import type { ServiceIsolation, ServiceLimits, ServicePermissions } from "./service_settings.ts";
import { compileSignature } from "../types/mod.ts";

/** The format that this version writes; nodes refuse any other. */
export const manifestFormat = 1;

/** The content of one node. */
export interface Manifest {
  readonly format: typeof manifestFormat;
  /** The node's name in init.yaml. */
  readonly node: string;
  /** All clients of the fleet, in the order of the file (which decides between several matches). */
  readonly clients: readonly ManifestClient[];
  /** The services that this node provides. */
  readonly services: readonly ManifestService[];
  /** Scripts of other nodes that may call these services; undefined for none. */
  readonly callers?: readonly ScriptCaller[];
  /** The sources that the scripts were bundled from; undefined if unknown. */
  readonly sources?: ManifestSources;
}

/** A named caller. */
export interface ManifestClient {
  readonly name: string;
  /**
   * Its source address, or a network such as `10.0.0.0/8`, in canonical spelling; undefined for any, which requires a
   * key.
   */
  readonly ip?: string;
  /** Its source port; undefined for any. */
  readonly port?: number;
  /** The key that it must prove; undefined if its address suffices. */
  readonly key?: PublicKey;
  /** Its rate limit on this node; undefined for none. */
  readonly rate?: CallRate;
  /** Whether it may read this node's log; undefined for no. */
  readonly allowLogs?: true;
}

/** A service on a node. */
export interface ManifestService {
  readonly name: string;
  readonly description?: string;
  /** The names of the admitted clients. */
  readonly tenants: readonly string[];
  /** Every overload of every rpc, in the order of the file. */
  readonly overloads: readonly ManifestOverload[];
  readonly limits?: ServiceLimits;
  readonly permissions?: ServicePermissions;
  readonly isolation?: ServiceIsolation;
  /** The rpcs of other services that its scripts may call; undefined for none. */
  readonly calls?: readonly GrantedCalls[];
}

/** One signature of an rpc and the script behind it. */
export interface ManifestOverload {
  readonly rpc: string;
  readonly description?: string;
  /** Canonical type expressions. */
  readonly args: readonly string[];
  /** The names of the arguments, one per type; callers by position do not need them. */
  readonly names?: readonly string[];
  /** Canonical type expressions: empty for no value, one for the value itself, several for a tuple. */
  readonly returns: readonly string[];
  readonly script: ScriptId;
  /** Whether running it twice is harmless, so that callers may retry; undefined if not. */
  readonly isIdempotent?: true;
  /** The names of the tenants that may call it; undefined for all. */
  readonly allow?: readonly string[];
  /** Calls that a node makes before it commits; undefined for none. */
  readonly examples?: readonly ManifestExample[];
}

/** A call and its expected outcome: a result or an exception. */
export interface ManifestExample {
  /** The arguments as a JSON list, which preserves integers of any size. */
  readonly args: string;
  /** The expected return values as a JSON list, one per type. */
  readonly returns?: string;
  /** A part of the expected exception's message. */
  readonly throws?: string;
}

/**
 * The identity of a manifest: the lower-case hex SHA-256 of its `JSON.stringify` text. The order of keys matters, so
 * one function builds manifests.
 */
export async function manifestHashOf(
  manifest: Manifest,
  take: TakeSteps = atOnce,
): Promise<string> {
  return await scriptIdOf(await take(encodeJsonSteps(manifest)));
}

/**
 * Checks a manifest from another machine: its shape, names, types and bounds.
 *
 * @throws {DeployRejected} For the first fault.
 */
export function checkManifest(value: unknown): Manifest {
  return atOnce(checkManifestSteps(value));
}

/** As {@linkcode checkManifest}, in bounded steps. */
export function* checkManifestSteps(value: unknown): Steps<Manifest> {
  const manifest = object(value, "the manifest");
  if (manifest.format !== manifestFormat) {
    throw new DeployRejected(
      `the manifest has format ${
        JSON.stringify(manifest.format)
      }, this node reads ${manifestFormat}; ` +
        "use the same version of farcall on both sides",
    );
  }
  checkFields(manifest, "the manifest", manifestFields);
  const clients: ManifestClient[] = [];
  for (const client of list(manifest.clients, "clients", limits.clientsMax)) {
    clients.push(checkClient(client, clients.length));
    yield;
  }
  const services: ManifestService[] = [];
  for (const service of list(manifest.services, "services", limits.servicesMax)) {
    services.push(yield* checkService(service));
  }
  noneTwice(clients.map((client) => client.name), "client");
  noneTwice(services.map((service) => service.name), "service");
  checkCallTargets(services);
  const sources = manifest.sources === undefined ? undefined : checkSources(manifest.sources);
  return {
    format: manifestFormat,
    node: name(manifest.node, "the node"),
    clients,
    services,
    ...checkCallers(manifest.callers),
    ...(sources && { sources }),
  };
}

function checkClient(value: unknown, index: number): ManifestClient {
  const client = object(value, `client ${index + 1}`);
  checkFields(client, `client ${index + 1}`, ["name", "ip", "port", "key", "rate", "allowLogs"]);
  const clientName = name(client.name, `the name of client ${index + 1}`);
  const ip = client.ip === undefined ? undefined : addressOf(client.ip, clientName);
  const port = client.port === undefined ? undefined : portOf(client.port, clientName);
  const { key } = client;
  if (key !== undefined && !isPublicKey(key)) {
    throw new DeployRejected(`the key of client "${clientName}" is not ${publicKeyForm}`);
  }
  if (ip === undefined && key === undefined) {
    throw new DeployRejected(`client "${clientName}" has neither an ip nor a key`);
  }
  const { allowLogs } = client;
  if (allowLogs !== undefined && allowLogs !== true) {
    throw new DeployRejected(`the allowLogs of client "${clientName}" is not true`);
  }
  const rate = checkRate(client.rate, clientName);
  return { name: clientName, ip, port, key, ...rate, ...(allowLogs && { allowLogs }) };
}

function* checkService(value: unknown): Steps<ManifestService> {
  const service = object(value, "a service");
  checkFields(service, "a service", serviceFields);
  const serviceName = name(service.name, "the name of a service");
  const overloads: ManifestOverload[] = [];
  const what = `the overloads of service "${serviceName}"`;
  for (const overload of list(service.overloads, what, limits.overloadsPerServiceMax)) {
    overloads.push(checkOverload(overload, serviceName));
    yield;
  }
  noneTwice(
    overloads.map((overload) => `${serviceName}.${overload.rpc}(${overload.args.join(", ")})`),
    "overload",
  );
  const tenants = list(service.tenants, `the tenants of "${serviceName}"`, limits.clientsMax);
  return {
    name: serviceName,
    description: optionalText(service.description, `the description of "${serviceName}"`),
    tenants: tenants.map((tenant) => name(tenant, `a tenant of "${serviceName}"`)),
    overloads,
    limits: checkLimits(service.limits, serviceName),
    permissions: checkPermissions(service.permissions, serviceName),
    isolation: checkIsolation(service.isolation, serviceName),
    ...checkCalls(service.calls, serviceName),
  };
}

function checkOverload(value: unknown, service: string): ManifestOverload {
  const overload = object(value, `an overload of "${service}"`);
  checkFields(overload, `an overload of "${service}"`, overloadFields);
  const rpc = name(overload.rpc, `the name of an rpc of "${service}"`);
  const where = `${service}.${rpc}`;
  const texts = (types: unknown, what: string): string[] =>
    list(types, `the ${what} of ${where}`, 1024).map((type) => text(type, `a type of ${where}`));
  const written = {
    args: texts(overload.args, "args"),
    returns: texts(overload.returns, "returns"),
  };
  const id = text(overload.script, `the script of ${where}`);
  try {
    const { args, returns } = compileSignature(written);
    const names = overload.names === undefined
      ? undefined
      : list(overload.names, `the names of the arguments of ${where}`, args.length)
        .map((item) => name(item, `an argument's name of ${where}`));
    if (names !== undefined && new Set(names).size !== args.length) {
      throw new DeployRejected("it needs one name for each argument, no two the same");
    }
    return {
      rpc,
      description: optionalText(overload.description, `the description of ${where}`),
      args,
      names,
      returns,
      script: scriptId(id),
      ...checkIdempotent(overload.isIdempotent, where),
      ...checkAllow(overload.allow, where),
      ...checkExamples(overload.examples, where),
    };
  } catch (cause) {
    throw new DeployRejected(`the manifest's ${where} cannot be used: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function checkIdempotent(value: unknown, where: string): { isIdempotent?: true } {
  if (value === undefined || value === false) return {};
  if (value === true) return { isIdempotent: true };
  throw new DeployRejected(`whether ${where} is idempotent must be true or false`);
}

function checkAllow(value: unknown, where: string): { allow?: string[] } {
  if (value === undefined) return {};
  const allow = list(value, `who may call ${where}`, limits.clientsMax)
    .map((client) => name(client, `a client that may call ${where}`));
  return { allow };
}

function checkExamples(value: unknown, where: string): { examples?: ManifestExample[] } {
  if (value === undefined) return {};
  const what = `the examples of ${where}`;
  const examples = list(value, what, limits.examplesPerOverloadMax).map((item) => {
    const example = object(item, `an example of ${where}`);
    checkFields(example, `an example of ${where}`, ["args", "returns", "throws"]);
    const args = text(example.args, `the arguments of an example of ${where}`);
    const returns = optionalText(example.returns, `the values of an example of ${where}`);
    const throws = optionalText(example.throws, `the exception of an example of ${where}`);
    if ((returns === undefined) === (throws === undefined)) {
      throw new DeployRejected(`an example of ${where} must either return or throw`);
    }
    return returns === undefined ? { args, throws } : { args, returns };
  });
  return { examples };
}

const manifestFields = ["format", "node", "clients", "services", "callers", "sources"];
const serviceFields = ["name", "description", "tenants", "overloads", "limits", "permissions"]
  .concat("isolation", "calls");
const overloadFields = ["rpc", "description", "args", "names", "returns", "script"]
  .concat("isIdempotent", "allow", "examples");

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new DeployRejected(`${what} is not an object`);
}

function list(value: unknown, what: string, lengthMax: number): unknown[] {
  if (!Array.isArray(value)) throw new DeployRejected(`the manifest lacks the list of ${what}`);
  if (value.length <= lengthMax) return value;
  throw new DeployRejected(`${what}: ${value.length} are more than the ${lengthMax} allowed`);
}

function text(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new DeployRejected(`${what} is not a text`);
}

function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined ? undefined : text(value, what);
}

function name(value: unknown, what: string): string {
  const found = text(value, what);
  if (found.length > 0 && found.length <= limits.nameLengthMax) return found;
  throw new DeployRejected(`${what} must have 1 to ${limits.nameLengthMax} characters`);
}

/** Other spellings are refused: one could be compared as one address and shown as another. */
function addressOf(value: unknown, client: string): string {
  const ip = text(value, `the ip of client "${client}"`);
  if (AddressRange.parse(ip)?.text === ip) return ip;
  throw new DeployRejected(
    `the ip of client "${client}", "${ip}", is not an address or network in canonical spelling`,
  );
}

function checkRate(value: unknown, client: string): { rate?: CallRate } {
  if (value === undefined) return {};
  if (!isCallRate(value)) {
    throw new DeployRejected(`the rate of client "${client}" cannot be used`);
  }
  const { calls, periodMs, burst } = value;
  return { rate: { calls, periodMs, burst } };
}

function portOf(value: unknown, client: string): number {
  if (Number.isInteger(value) && value as number > 0 && value as number < 65536) {
    return value as number;
  }
  throw new DeployRejected(`the port of client "${client}" is not a port`);
}

function noneTwice(names: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const each of names) {
    if (seen.has(each)) throw new DeployRejected(`the manifest names the ${what} "${each}" twice`);
    seen.add(each);
  }
}
