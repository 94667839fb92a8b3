/** Checks the limits and permissions of a manifest from another machine. */
import { DeployRejected } from "../errors/mod.ts";
import { canonicalPermission, permissionForms } from "./permission_values.ts";
import {
  limitSpecs,
  type PermissionKind,
  permissionKinds,
  type ServiceIsolation,
  type ServiceLimits,
  type ServicePermissions,
} from "./service_settings.ts";

/** Values of one kind of permission that one service may request. */
const permissionsMax = 256;

/** @throws {DeployRejected} If the limits are malformed. */
export function checkLimits(value: unknown, service: string): ServiceLimits | undefined {
  if (value === undefined) return undefined;
  const found: Record<string, number> = {};
  for (const [field, limit] of entriesOf(value, `the limits of "${service}"`)) {
    const isKnown = limitSpecs.some((spec) => spec.field === field);
    if (!isKnown || !Number.isSafeInteger(limit) || limit as number <= 0) {
      throw new DeployRejected(
        `the limit "${field}" of service "${service}" cannot be used; ` +
          "use the same version of farcall on both sides",
      );
    }
    found[field] = limit as number;
  }
  return found;
}

/**
 * @throws {DeployRejected} If this version does not know it: a service must not run without the isolation it asks for.
 */
export function checkIsolation(value: unknown, service: string): ServiceIsolation | undefined {
  if (value === undefined || value === "call") return value;
  throw new DeployRejected(
    `the isolation of service "${service}" cannot be used; use the same version of farcall on both sides`,
  );
}

/** @throws {DeployRejected} If the permissions are malformed. */
export function checkPermissions(value: unknown, service: string): ServicePermissions | undefined {
  if (value === undefined) return undefined;
  const found: Record<string, string[]> = {};
  for (const [kind, names] of entriesOf(value, `the permissions of "${service}"`)) {
    const isKnown = (permissionKinds as readonly string[]).includes(kind);
    const isList = Array.isArray(names) && names.length > 0 && names.length <= permissionsMax &&
      names.every((name) => typeof name === "string");
    if (!isKnown || !isList) {
      throw new DeployRejected(`the permission "${kind}" of service "${service}" cannot be used`);
    }
    checkValues(kind as PermissionKind, names, service);
    found[kind] = names;
  }
  return found;
}

/** Other spellings are refused: one could be compared as one value and granted as another. */
function checkValues(kind: PermissionKind, names: readonly string[], service: string): void {
  const wrong = names.find((name) => canonicalPermission(kind, name) !== name);
  if (wrong === undefined) return;
  throw new DeployRejected(
    `service "${service}" asks for ${kind} ${JSON.stringify(wrong)}, which is not ` +
      `${permissionForms[kind]} in canonical spelling`,
  );
}

function entriesOf(value: unknown, what: string): [string, unknown][] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  throw new DeployRejected(`${what} are not an object`);
}
