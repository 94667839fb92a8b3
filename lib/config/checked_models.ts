/**
 * The checked model of an init.yaml, kept from one `farcall call` to the next in the user's cache folder: reading the
 * YAML library and checking the file takes longer than the call.
 *
 * For callers only; a deployment always reads the file itself. A model is stored with the text that it was made from, the
 * file's path and the version of farcall, and is used for these alone. Only the user may have access to the folder and its
 * files; others are ignored. Nothing here fails: without a usable folder, the file is read as always.
 *
 * Synchronous, because a process that makes one call has nothing else to do meanwhile.
 */
import { readUtf8 } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import { version } from "../protocol/software.ts";
import type { ClientEntry, Configuration, RpcEntry, ServerEntry, ServiceEntry } from "./model.ts";

/** Incremented with every change of the model or of the checks. */
const format = 4;

/**
 * Loads an init.yaml for a caller, without looking for its scripts.
 *
 * @returns undefined if the file cannot be cached (missing, a pipe, too large): load it as always.
 * @throws {InvalidConfiguration} If it has mistakes.
 */
export async function loadChecked(path: string): Promise<Configuration | undefined> {
  const folder = openFolder();
  if (folder === undefined) return undefined;
  const bytes = readRegular(path, limits.configurationBytesMax);
  if (bytes === undefined) return undefined;
  let text: string;
  try {
    text = readUtf8(bytes);
  } catch {
    return undefined;
  }
  const madeOf = [format, version, path.startsWith("/") ? "" : Deno.cwd(), path, text];
  const entry = `${folder}/${nameOf(madeOf.slice(0, -1).join("\n"))}`;
  const kept = readKept(entry, madeOf);
  if (kept !== undefined) return kept;
  const { loadConfiguration } = await import("./load.ts");
  const configuration = await loadConfiguration(path, { scripts: "ignore", text });
  keep(folder, entry, { madeOf, model: freeze(configuration) });
  return configuration;
}

/** The models' folder, private to this user; undefined where this user has no such folder. */
function openFolder(): string | undefined {
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  const home = Deno.env.get("HOME");
  const base = xdg?.startsWith("/") ? xdg : home;
  if (!base?.startsWith("/")) return undefined;
  const folder = `${base === xdg ? base : `${base}/.cache`}/farcall/models`;
  const permissions: Deno.PermissionDescriptor[] = [
    { name: "sys", kind: "uid" },
    { name: "read", path: folder },
    { name: "write", path: folder },
  ];
  // A missing permission must not prompt.
  if (permissions.some((each) => Deno.permissions.querySync(each).state !== "granted")) {
    return undefined;
  }
  try {
    // Under sudo, HOME may still be another user's: leave nothing there.
    if (!isOwn(Deno.statSync(base))) return undefined;
    const found = lookUp(folder);
    if (found === undefined) Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const facts = found ?? Deno.lstatSync(folder);
    return facts.isDirectory && isPrivate(facts) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function lookUp(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function isOwn({ uid }: Deno.FileInfo): boolean {
  return uid !== null && uid === Deno.uid();
}

/** Whether only this user may read or write it. */
function isPrivate(facts: Deno.FileInfo): boolean {
  return isOwn(facts) && facts.mode !== null && (facts.mode & 0o077) === 0;
}

/** The bytes of a regular file that is not too large; otherwise undefined. */
function readRegular(
  path: string,
  bytesMax: number,
  mayUse: (facts: Deno.FileInfo) => boolean = () => true,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    // Checked before opening: a pipe would wait for its writer.
    if (!Deno.statSync(path).isFile) return undefined;
    using file = Deno.openSync(path);
    const facts = file.statSync();
    if (!facts.isFile || facts.size > bytesMax || !mayUse(facts)) return undefined;
    const bytes = new Uint8Array(facts.size);
    let length = 0;
    while (length < bytes.length) {
      const count = file.readSync(bytes.subarray(length));
      if (count === null) return undefined;
      length += count;
    }
    return bytes;
  } catch {
    return undefined;
  }
}

/**
 * A name for a file: its 64-bit FNV-1a hash. A cryptographic hash would cost a new process 2 ms, and collisions do no
 * harm: a model is used only for the path and text stored with it.
 */
function nameOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

/** The stored form of a model. */
interface Entry {
  /** Format, version, folder, path and text. */
  readonly madeOf: readonly unknown[];
  readonly model: Frozen;
}

function readKept(path: string, madeOf: readonly unknown[]): Configuration | undefined {
  const bytes = readRegular(path, limits.checkedModelBytesMax, isPrivate);
  if (bytes === undefined) return undefined;
  try {
    const entry: Entry = JSON.parse(readUtf8(bytes));
    const isOfThese = madeOf.every((each, index) => each === entry.madeOf[index]);
    return isOfThese ? thaw(entry.model) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a model to a temporary name, renames it, and removes the oldest beyond the bound. */
function keep(folder: string, path: string, entry: Entry): void {
  const bytes = new TextEncoder().encode(JSON.stringify(entry));
  if (bytes.length > limits.checkedModelBytesMax) return;
  const temporary = `${path}.${Deno.pid}`;
  try {
    Deno.writeFileSync(temporary, bytes, { mode: 0o600 });
    Deno.renameSync(temporary, path);
    removeOldest(folder);
  } catch {
    // A full disk, say: the next call reads the file again.
  }
}

function removeOldest(folder: string): void {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  if (names.length <= limits.checkedModelsMax) return;
  const aged = names.flatMap((name) => {
    const facts = lookUp(`${folder}/${name}`);
    return facts === undefined ? [] : [{ name, time: facts.mtime?.getTime() ?? 0 }];
  });
  aged.sort((one, other) => other.time - one.time);
  for (const { name } of aged.slice(limits.checkedModelsMax)) Deno.removeSync(`${folder}/${name}`);
}

/** A model as JSON: lists in place of maps by name. */
interface Frozen extends Omit<Configuration, "servers" | "clients" | "services"> {
  readonly servers: readonly ServerEntry[];
  readonly clients: readonly ClientEntry[];
  readonly services: readonly (Omit<ServiceEntry, "rpcs"> & { rpcs: readonly RpcEntry[] })[];
}

function freeze(configuration: Configuration): Frozen {
  const { servers, clients, services } = configuration;
  return {
    ...configuration,
    servers: [...servers.values()],
    clients: [...clients.values()],
    services: [...services.values()].map((service) => {
      return { ...service, rpcs: [...service.rpcs.values()] };
    }),
  };
}

function thaw({ servers, clients, services, ...rest }: Frozen): Configuration {
  return {
    ...rest,
    servers: byName(servers),
    clients: byName(clients),
    services: byName(
      services.map((service) => ({ ...service, rpcs: byName(service.rpcs) })),
    ),
  };
}

function byName<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
): ReadonlyMap<string, Entry> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}
