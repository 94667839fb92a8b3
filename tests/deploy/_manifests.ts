/** Short notations of manifests, for tests. */
import type { Manifest, ManifestClient, ManifestOverload } from "../../lib/manifest/manifest.ts";
import type { ScriptId } from "../../lib/identity/script_id.ts";

/** A script id determined by one letter. */
export function idOf(letter: string): ScriptId {
  return letter.charCodeAt(0).toString(16).repeat(32) as ScriptId;
}

/** Parses an overload from `rpc(args) -> returns script`, e.g. `add(int, int) -> int A`. */
export function overload(text: string): ManifestOverload {
  const [, rpc, args, returns, letter] = /^(\w+)\((.*)\) -> (.+) (\w)$/.exec(text)!;
  const split = (list: string) => list === "" ? [] : list.split(/,\s*(?![^[]*\])/);
  return {
    rpc,
    args: split(args),
    returns: returns === "None" ? [] : split(returns),
    script: idOf(letter),
  };
}

/** Parses a manifest from `service: tenant tenant` followed by its overloads, for each service. */
export function manifest(
  services: Readonly<Record<string, readonly string[]>>,
  { clients = ["c1", "c2"].map(client), node = "s1" }: {
    clients?: readonly ManifestClient[];
    node?: string;
  } = {},
): Manifest {
  return {
    format: 1,
    node,
    clients,
    services: Object.entries(services).map(([title, overloads]) => {
      const [name, tenants] = title.split(": ");
      return { name, tenants: tenants.split(" "), overloads: overloads.map(overload) };
    }),
  };
}

/** Parses a client from `name ip port`; ip and port are optional. */
export function client(text: string): ManifestClient {
  const [name, ip = "127.0.0.1", port] = text.split(" ");
  return { name, ip, ...(port === undefined ? {} : { port: Number(port) }) };
}
