/** Giving up what an executor may do: everything that was not granted to its service. */
import type { ServicePermissions } from "../manifest/service_settings.ts";
import { progressPath } from "./progress.ts";

/** Every kind of permission that the runtime knows. */
const kinds = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/** Permissions that only starting needs. */
export interface StartPermissions {
  readonly socketPath: string;
  readonly servicesFolder: string;
}

/** The files of its own that an executor opens before it gives up everything: its socket, and where it tells its progress. */
export function ownFiles(socketPath: string): string[] {
  return [socketPath, progressPath(socketPath)];
}

/**
 * The paths that the process may read: what may be written too, since where a path leads is looked at before it is
 * written. Scripts read what was granted for reading alone (facades/files.ts).
 */
export function readablePaths({ read = [], write = [] }: ServicePermissions): string[] {
  return [...new Set([...read, ...write])];
}

/** The network that was granted, and the socket to the node where the runtime counts that as network. */
export function netPermissions(socketPath: string, granted: readonly string[]): string[] {
  return socketsNeedNetPermission() ? [`unix:${socketPath}`, ...granted] : [...granted];
}

/** Deno asks for `net` to connect to a Unix socket from 2.9 on (measured); 2.4 to 2.8 refuse such a flag. */
function socketsNeedNetPermission(): boolean {
  const [major = NaN, minor = NaN] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 9);
}

/**
 * Gives up what loading scripts does not take.
 *
 * @throws If something could not be given up: the executor must not go on then.
 */
export function giveUpBeforeLoading(
  permissions: Deno.Permissions,
  granted: ServicePermissions,
  start: StartPermissions,
): void {
  for (const kind of kinds) {
    if (kind !== "read" && !isGranted(granted, kind)) giveUp(permissions, { name: kind });
  }
  // Of a kind that was granted there are single paths, which go one by one; of others all goes at once.
  for (const kind of ["read", "write"] as const) {
    if (!isGranted(granted, kind)) continue;
    for (const path of ownFiles(start.socketPath)) giveUp(permissions, { name: kind, path });
  }
}

/** Gives up the rest: what is left is what was granted. @throws As {@linkcode giveUpBeforeLoading}. */
export function giveUpAfterLoading(
  permissions: Deno.Permissions,
  granted: ServicePermissions,
  start: StartPermissions,
): void {
  if (isGranted(granted, "read")) {
    if (!readablePaths(granted).includes(start.servicesFolder)) {
      giveUp(permissions, { name: "read", path: start.servicesFolder });
    }
  } else giveUp(permissions, { name: "read" });
}

function isGranted(granted: ServicePermissions, kind: typeof kinds[number]): boolean {
  if (kind === "read") return readablePaths(granted).length > 0;
  return ((granted as Record<string, readonly string[] | undefined>)[kind]?.length ?? 0) > 0;
}

function giveUp(permissions: Deno.Permissions, descriptor: Deno.PermissionDescriptor): void {
  if (permissions.revokeSync(descriptor).state !== "granted") return;
  throw new Error(`the permission ${JSON.stringify(descriptor)} could not be given up`);
}
