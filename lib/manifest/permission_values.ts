/** The permitted values of each kind of permission in canonical spelling, the same for requests and grants. */
import { type PermissionKind, sysNames } from "./service_settings.ts";

/** The permitted values of each kind, for messages. */
export const permissionForms: Readonly<Record<PermissionKind, string>> = {
  net: "a host or host:port",
  read: "an absolute path without . and ..",
  write: "an absolute path without . and ..",
  env: "the name of a variable",
  sys: "a kind of system information",
};

/** Characters of one value: the length of the longest path on Linux. */
const lengthMax = 4096;

/**
 * The canonical spelling of a value: paths without doubled and trailing slashes, hosts in lower case. Requests are
 * compared with grants in this spelling, or `/data/../etc` would lie below `/data`.
 *
 * @returns undefined if it is invalid: a path that is not absolute or has `.` or `..` in it, a host with a scheme or a
 *   `*`, a port out of range, a name that the runtime does not know, anything with a comma or a control character.
 */
export function canonicalPermission(kind: PermissionKind, text: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (text.length > lengthMax || /[\x00-\x1f\x7f,]/.test(text)) return undefined;
  switch (kind) {
    case "net":
      return canonicalHost(text);
    case "read":
    case "write":
      return canonicalPath(text);
    case "env":
      return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? text : undefined;
    case "sys":
      return sysNames.find((name) => name === text);
  }
}

function canonicalPath(text: string): string | undefined {
  if (!text.startsWith("/")) return undefined;
  const parts = text.split("/").filter((part) => part !== "");
  return parts.includes(".") || parts.includes("..") ? undefined : `/${parts.join("/")}`;
}

function canonicalHost(text: string): string | undefined {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const host = match[1]!.startsWith("[") ? canonicalIpv6(match[1]!) : canonicalName(match[1]!);
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (host === undefined || port === 0 || (port ?? 0) > 65_535) return undefined;
  return port === undefined ? host : `${host}:${port}`;
}

function canonicalIpv6(text: string): string | undefined {
  const url = `http://${text}/`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** A host name or an IPv4 address; near misses are refused, because the runtime would refuse them. */
function canonicalName(text: string): string | undefined {
  const labels = text.toLowerCase().split(".");
  const isNumeric = /^\d+$/.test(labels[labels.length - 1]!);
  const areGood = isNumeric
    ? labels.length === 4 && labels.every((label) => /^(0|[1-9]\d{0,2})$/.test(label)) &&
      labels.every((label) => Number(label) <= 255)
    : labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return areGood ? labels.join(".") : undefined;
}
