/** A service's settings: `limits`, `instances`, `permissions`. */
import {
  canonicalPermission,
  limitSpecs,
  parseQuantity,
  permissionForms,
  type PermissionKind,
  permissionKinds,
  quantityForms,
  type ServiceIsolation,
  type ServiceLimits,
  type ServicePermissions,
  sysNames,
  tooSmall,
  type Unit,
} from "../../manifest/mod.ts";
import { type Check, type Fields, readFields, readTexts } from "./fields.ts";
import { type Entry, quote, type ScalarNode } from "../yaml/nodes.ts";
import { nearest } from "../suggest.ts";

const limitsSample = "limits: { timeout: 10s, memory: 256MiB, calls: 100 }";
const permissionsSample = "permissions: { net: [api.example.com:443], sys: [hostname] }";

/** A service's settings, as far as the file has them. */
export interface Settings {
  readonly limits?: ServiceLimits;
  readonly permissions?: ServicePermissions;
  readonly isolation?: ServiceIsolation;
}

/** Reads the settings of a service, and notes mistakes. */
export function readSettings(check: Check, fields: Fields, what: string): Settings {
  const limits = readLimits(check, fields, what);
  const permissions = readPermissions(check, fields, what);
  const isolation = readIsolation(check, fields);
  return {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(permissions).length > 0 && { permissions }),
    ...(isolation && { isolation }),
  };
}

function readLimits(check: Check, fields: Fields, what: string): ServiceLimits {
  const found: Record<string, number> = {};
  const section = fields.get("limits");
  const inner = section === undefined ? undefined : readFields(check, section.value, {
    what: `limits of ${what}`,
    section: "limits",
    sample: limitsSample,
  });
  for (const { name, field, unit } of limitSpecs) {
    const entry = name === "instances" ? fields.get(name) : inner?.get(name);
    const value = entry === undefined ? undefined : readQuantity(check, entry, unit);
    if (value === undefined) continue;
    const message = tooSmall({ name, field, unit }, value);
    if (message !== undefined) check.findings.add({ at: entry!.value, message });
    else found[field] = value;
  }
  return found;
}

function readQuantity(check: Check, entry: Entry, unit: Unit): number | undefined {
  const { key, value } = entry;
  if (value.kind === "broken") return undefined;
  if (value.kind === "scalar") {
    const quantity = parseQuantity(value.text, unit);
    if (quantity !== undefined) return quantity;
    const given = value.text === "" ? "empty" : quote(value.text);
    const message = `${quote(key.text)} is ${given}, expected ${quantityForms[unit]}`;
    check.findings.add({ at: value, message, hint: hintFor(value.text, unit) });
  } else {
    const message = `${quote(key.text)} is a ${value.kind}, expected ${quantityForms[unit]}`;
    check.findings.add({ at: value, message });
  }
  return undefined;
}

function hintFor(text: string, unit: Unit): string | undefined {
  if (unit !== "count" && /^\d+(?:\.\d+)?$/.test(text)) {
    return `write the unit too: ${text}${
      unit === "duration" ? "s, or ms, m, h" : "MiB, or B, KiB, GiB"
    }`;
  }
  const decimal = /^(\d+(?:\.\d+)?) ?([KMG])i?B?$/i.exec(text);
  if (unit !== "bytes" || decimal === null) return undefined;
  return `write ${decimal[1]}${decimal[2]!.toUpperCase()}iB`;
}

function readIsolation(check: Check, fields: Fields): ServiceIsolation | undefined {
  const entry = fields.get("isolation");
  if (entry === undefined) return undefined;
  const { key, value } = entry;
  if (value.kind === "broken") return undefined;
  if (value.kind === "scalar" && value.text === "call") return "call";
  const given = value.kind !== "scalar"
    ? `a ${value.kind}`
    : value.text === ""
    ? "empty"
    : quote(value.text);
  const message = `${
    quote(key.text)
  } is ${given}, expected call; without "isolation", calls of a service share a process`;
  check.findings.add({ at: value, message });
  return undefined;
}

function readPermissions(check: Check, fields: Fields, what: string): ServicePermissions {
  const section = fields.get("permissions");
  if (section === undefined) return {};
  const inner = readFields(check, section.value, {
    what: `permissions of ${what}`,
    section: "permissions",
    sample: permissionsSample,
  });
  const found: Record<string, string[]> = {};
  for (const kind of permissionKinds) {
    const entry = inner?.get(kind);
    if (entry === undefined) continue;
    const texts = readTexts(check, entry, {
      list: `a list for ${quote(kind)}`,
      item: permissionForms[kind],
      sample: samples[kind].sample,
      kind: "names",
    });
    const values = (texts?.items ?? []).flatMap((node) => readPermission(check, kind, node) ?? []);
    // Sorted, because their order has no meaning and must not change the manifest.
    if (values.length > 0) found[kind] = [...new Set(values)].sort();
  }
  return found;
}

const samples: Record<PermissionKind, { sample: string; hint: string }> = {
  net: {
    sample: "net: [api.example.com:443]",
    hint: "write the host alone, or host:port: no scheme, no path, no *; an IPv6 address in [ ]",
  },
  read: {
    sample: "read: [/data]",
    hint: "write the whole path on the node, from / on, without . and ..",
  },
  write: {
    sample: "write: [/data]",
    hint: "write the whole path on the node, from / on, without . and ..",
  },
  env: {
    sample: "env: [HOME]",
    hint: "write the names of variables, without $ and values",
  },
  sys: {
    sample: "sys: [hostname]",
    hint: `there are ${sysNames.join(", ")}`,
  },
};

/** One permission in its canonical spelling; undefined if invalid (noted). */
function readPermission(check: Check, kind: PermissionKind, node: ScalarNode): string | undefined {
  const value = canonicalPermission(kind, node.text);
  if (value !== undefined) return value;
  const meant = kind === "sys" ? nearest(node.text, sysNames) : undefined;
  const message = `${quote(node.text)} is not ${permissionForms[kind]}`;
  const hint = meant === undefined ? samples[kind].hint : `did you mean "${meant}"?`;
  check.findings.add({ at: node, message, hint });
  return undefined;
}
