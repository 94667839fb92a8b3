/**
 * What a script finds as `Deno` and in the global scope when its service was granted something: the runtime's
 * own functions for that kind of permission and no others. The runtime checks every use against the grant.
 */
import type { ServicePermissions } from "../wire/mod.ts";

/** The functions of `Deno` for each kind; those with a synchronous twin have it too. */
const functionsOf: Readonly<Record<keyof ServicePermissions, readonly string[]>> = {
  net: ["connect", "connectTls", "resolveDns"],
  read: ["readFile", "readTextFile", "readDir", "stat", "lstat", "realPath", "readLink"],
  write: ["writeFile", "writeTextFile", "mkdir", "remove", "rename", "copyFile", "truncate"],
  env: [],
  sys: [
    ...["hostname", "loadavg", "osUptime", "osRelease", "systemMemoryInfo", "networkInterfaces"],
    ...["uid", "gid"],
  ],
};

/** Globals that are of use with a grant only. */
const globalsOf: Readonly<Partial<Record<keyof ServicePermissions, readonly string[]>>> = {
  net: ["fetch", "Headers", "Request", "Response", "FormData", "WebSocket"],
};

/** The globals that these grants bring, by name. Must be called before the global scope is scrubbed. */
export function grantedGlobals(granted: ServicePermissions): Record<string, unknown> {
  const kinds = (Object.keys(functionsOf) as (keyof ServicePermissions)[])
    .filter((kind) => (granted[kind]?.length ?? 0) > 0);
  if (kinds.length === 0) return {};
  const runtime = Deno as unknown as Record<string, unknown>;
  const api: Record<string, unknown> = {};
  const globals: Record<string, unknown> = { Deno: api };
  for (const kind of kinds) {
    for (const name of functionsOf[kind]) {
      for (const each of [name, `${name}Sync`]) if (each in runtime) api[each] = runtime[each];
    }
    for (const name of globalsOf[kind] ?? []) {
      globals[name] = (globalThis as unknown as Record<string, unknown>)[name];
    }
  }
  if (kinds.includes("env")) {
    const { get, has } = Deno.env;
    api.env = Object.freeze({ get: get.bind(Deno.env), has: has.bind(Deno.env) });
  }
  if (kinds.includes("read") || kinds.includes("write")) api.errors = Object.freeze(Deno.errors);
  Object.freeze(api);
  return globals;
}
