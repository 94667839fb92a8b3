/** What a service asks for besides its scripts: `limits`, `instances`, `permissions`. */
import {
  limitSpecs,
  parseQuantity,
  permissionKinds,
  quantityForms,
  type ServiceLimits,
  type ServicePermissions,
  sysNames,
  type Unit,
} from "../wire/service_settings.ts";
import { type Check, type Fields, readFields, readTexts } from "./_fields.ts";
import { type Entry, quote, type ScalarNode } from "./_nodes.ts";
import { nearest } from "./suggest.ts";

/** The keys of a service that this file reads. */
export const settingKeys = { instances: [], limits: ["limit"], permissions: ["permission"] };

const limitKeys = Object.fromEntries(
  limitSpecs.filter(({ name }) => name !== "instances").map(({ name }) => [name, []]),
);
const permissionKeys = Object.fromEntries(permissionKinds.map((kind) => [kind, []]));
const limitsSample = "limits: { timeout: 10s, memory: 256MiB, calls: 100 }";
const permissionsSample = "permissions: { net: [api.example.com:443], sys: [hostname] }";

/** What a service asks for; each part only where the file says something. */
export interface Settings {
  readonly limits?: ServiceLimits;
  readonly permissions?: ServicePermissions;
}

/** Reads the settings of a service; what is wrong is noted. */
export function readSettings(check: Check, fields: Fields, what: string): Settings {
  const limits = readLimits(check, fields, what);
  const permissions = readPermissions(check, fields, what);
  return {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(permissions).length > 0 && { permissions }),
  };
}

function readLimits(check: Check, fields: Fields, what: string): ServiceLimits {
  const found: Record<string, number> = {};
  const section = fields.get("limits");
  const inner = section === undefined ? undefined : readFields(check, section.value, {
    what: `limits of ${what}`,
    keys: limitKeys,
    sample: limitsSample,
  });
  for (const { name, field, unit } of limitSpecs) {
    const entry = name === "instances" ? fields.get(name) : inner?.get(name);
    const value = entry === undefined ? undefined : readQuantity(check, entry, unit);
    if (value !== undefined) found[field] = value;
  }
  return found;
}

function readQuantity(check: Check, entry: Entry, unit: Unit): number | undefined {
  const { key, value } = entry;
  if (value.kind === "broken") return undefined;
  if (value.kind === "scalar") {
    const quantity = parseQuantity(value.text, unit);
    if (quantity !== undefined) return quantity;
    const message = `${quote(key.text)} is ${quote(value.text)}, expected ${quantityForms[unit]}`;
    check.findings.add({ at: value, message, hint: hintFor(value.text, unit) });
  } else {
    const message = `${quote(key.text)} is a ${value.kind}, expected ${quantityForms[unit]}`;
    check.findings.add({ at: value, message });
  }
  return undefined;
}

function hintFor(text: string, unit: Unit): string | undefined {
  if (unit !== "count" && /^\d+$/.test(text)) {
    return `write the unit too: ${text}${
      unit === "duration" ? "s, or ms, m, h" : "MiB, or B, KiB, GiB"
    }`;
  }
  const decimal = /^(\d+)([KMG])B?$/i.exec(text);
  if (unit !== "bytes" || decimal === null) return undefined;
  return `write ${decimal[1]}${decimal[2].toUpperCase()}iB`;
}

function readPermissions(check: Check, fields: Fields, what: string): ServicePermissions {
  const section = fields.get("permissions");
  if (section === undefined) return {};
  const inner = readFields(check, section.value, {
    what: `permissions of ${what}`,
    keys: permissionKeys,
    sample: permissionsSample,
  });
  const found: Record<string, string[]> = {};
  for (const kind of permissionKinds) {
    const entry = inner?.get(kind);
    if (entry === undefined) continue;
    const texts = readTexts(check, entry, {
      list: `a list for ${quote(kind)}`,
      item: samples[kind].item,
      sample: samples[kind].sample,
      kind: "names",
    });
    const values = (texts?.items ?? []).filter((node) => isPermission(check, kind, node));
    if (values.length > 0) found[kind] = [...new Set(values.map((node) => node.text))];
  }
  return found;
}

type Kind = typeof permissionKinds[number];

const samples: Record<Kind, { item: string; sample: string; form: RegExp; hint: string }> = {
  net: {
    item: "a host or host:port",
    sample: "net: [api.example.com:443]",
    form: /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/,
    hint: "write the host alone, or host:port: no scheme, no path, no *",
  },
  read: {
    item: "an absolute path",
    sample: "read: [/data]",
    form: /^\/(?!.*(?:^|\/)\.\.?(?:\/|$)).*$/,
    hint: "write the whole path on the node, from / on, without . and ..",
  },
  write: {
    item: "an absolute path",
    sample: "write: [/data]",
    form: /^\/(?!.*(?:^|\/)\.\.?(?:\/|$)).*$/,
    hint: "write the whole path on the node, from / on, without . and ..",
  },
  env: {
    item: "the name of a variable",
    sample: "env: [HOME]",
    form: /^[A-Za-z_][A-Za-z0-9_]*$/,
    hint: "write the names of variables, without $ and values",
  },
  sys: {
    item: "what to tell of the system",
    sample: "sys: [hostname]",
    form: new RegExp(`^(?:${sysNames.join("|")})$`),
    hint: `there are ${sysNames.join(", ")}`,
  },
};

function isPermission(check: Check, kind: Kind, node: ScalarNode): boolean {
  const { item, form, hint } = samples[kind];
  if (form.test(node.text)) return true;
  const meant = kind === "sys" ? nearest(node.text, sysNames) : undefined;
  const message = `${quote(node.text)} is not ${item}`;
  check.findings.add({
    at: node,
    message,
    hint: meant === undefined ? hint : `did you mean "${meant}"?`,
  });
  return false;
}
