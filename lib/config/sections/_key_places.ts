/** Where in an init.yaml each key belongs, for hints about misplaced ones. */
import { limitSpecs, permissionKinds } from "../../manifest/mod.ts";

const keysByPlace: Readonly<Record<string, readonly string[]>> = {
  "at the top of the file": ["network", "services", "rpc"],
  "in network": ["servers", "clients"],
  "in a server or a client": ["ip", "port"],
  "in a server": ["tls", "over", "protocol"],
  "in the tls of a server": ["ca", "server-name", "fingerprint"],
  "in a client": ["rate", "burst", "allow-logs"],
  "in a client, whose public key it is": ["key"],
  "in the limits of a service": limitSpecs.map(({ name }) => name),
  "in the permissions of a service": permissionKinds,
  "among the keys of a service": [
    ...["providers", "tenants", "rpcs", "instances", "limits", "permissions", "isolation"],
  ],
  "in an rpc": ["overloads"],
  "in an overload of an rpc": [
    ...["args", "names", "returns", "src", "idempotent", "allow", "examples"],
  ],
  "in an example": ["throws"],
};

const places = new Map(
  Object.entries(keysByPlace).flatMap(([place, keys]) => keys.map((key) => [key, place])),
);

/** A hint where a key stands; undefined if there is no such key, or it stands almost everywhere. */
export function keyPlaceHint(key: string): string | undefined {
  const place = places.get(key);
  return place && `"${key}" stands ${place}`;
}
