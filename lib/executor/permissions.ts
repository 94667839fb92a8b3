/** Revokes an executor's permissions, except those granted to its service. */
import type { ServicePermissions } from "../manifest/service_settings.ts";
import { progressPath } from "./progress.ts";

/** All of the runtime's permissions. */
const kinds = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/** Permissions needed only for starting. */
export interface StartPermissions {
  readonly socketPath: string;
  readonly servicesFolder: string;
}

/** The files that an executor opens before it revokes everything: its socket, and its progress file. */
export function ownFiles(socketPath: string): string[] {
  return [socketPath, progressPath(socketPath)];
}

/**
 * The paths that the process may read, including writable ones, because a path is resolved before it is written.
 * Scripts can read only paths granted for reading (facades/granted/files.ts).
 */
export function readablePaths({ read = [], write = [] }: ServicePermissions): string[] {
  return [...new Set([...read, ...write])];
}

/** The granted network, and the socket to the node if the runtime counts that as network. */
export function netPermissions(socketPath: string, granted: readonly string[]): string[] {
  return socketsNeedNetPermission() ? [`unix:${socketPath}`, ...granted] : [...granted];
}

/** Deno asks for `net` to connect to a Unix socket from 2.9 on (measured); 2.4 to 2.8 refuse such a flag. */
function socketsNeedNetPermission(): boolean {
  const [major = NaN, minor = NaN] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 9);
}

/**
 * Revokes the permissions that loading scripts does not need.
 *
 * @throws If a permission cannot be revoked; the executor must not continue then.
 */
export function giveUpBeforeLoading(
  permissions: Deno.Permissions,
  granted: ServicePermissions,
  start: StartPermissions,
): void {
  for (const kind of kinds) {
    if (kind !== "read" && !isGranted(granted, kind)) giveUp(permissions, { name: kind });
  }
  // A granted kind consists of paths that are revoked one by one; any other kind is revoked as a whole.
  for (const kind of ["read", "write"] as const) {
    if (!isGranted(granted, kind)) continue;
    for (const path of ownFiles(start.socketPath)) giveUp(permissions, { name: kind, path });
  }
}

/** Revokes the rest, except what was granted. @throws As {@linkcode giveUpBeforeLoading}. */
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
