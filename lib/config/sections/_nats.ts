/** The `nats` of the network and of a server: reaching nodes through a NATS server. */
import { type Check, type Fields, readBoolean, readFields } from "./fields.ts";
import { describe, type Entry, isNothing, quote } from "../yaml/nodes.ts";
import { fleetForm, fleetPattern, natsUrlForm, parseNatsUrl } from "../../identity/nats_address.ts";
import { readKey } from "./_keys.ts";
import type { PublicKey } from "../../identity/mod.ts";
import type { FleetAddress, NatsAddress, ServerEntry } from "../model.ts";

const sample = 'nats: { url: "nats://10.0.0.1:4222", fleet: lab }';

/** Reads the network's `nats`; undefined if it is missing or invalid (noted). */
export function readNats(check: Check, field: Entry | undefined): FleetAddress | undefined {
  if (field === undefined || field.value.kind === "broken") return undefined;
  const fields = readFields(check, field.value, {
    what: "nats of the network",
    section: "nats",
    sample,
  });
  if (fields === undefined) return undefined;
  for (const missing of ["url", "fleet"].filter((name) => !fields.has(name))) {
    check.findings.add({
      at: field.key,
      message: `nats of the network has no "${missing}"`,
      hint: `write ${sample}`,
    });
  }
  const url = readText(check, fields.get("url"), {
    what: "a URL of NATS",
    isGood: (text) => parseNatsUrl(text) !== undefined,
    hint: `write ${natsUrlForm}`,
  });
  const fleet = readText(check, fields.get("fleet"), {
    what: `the name of a fleet (${fleetForm})`,
    isGood: (text) => fleetPattern.test(text),
    hint: `write ${sample}`,
  });
  const ca = readText(check, fields.get("ca"), {
    what: "the path of a file with certificates",
    isGood: (text) => text !== "",
    hint: "write ca: ca.crt",
  });
  if (url === undefined || fleet === undefined) return undefined;
  return {
    url,
    fleet,
    ...(ca !== undefined && { ca: ca.startsWith("/") ? ca : `${check.folder}/${ca}` }),
  };
}

/** Adds to a fleet the keys that its nodes are pinned to. */
export function withPins(
  fleet: FleetAddress,
  servers: ReadonlyMap<string, ServerEntry>,
): FleetAddress {
  const pins = [...servers.values()].flatMap(({ nats }): [string, PublicKey][] =>
    nats?.key === undefined ? [] : [[nats.node, nats.key]]
  );
  return pins.length === 0 ? fleet : { ...fleet, keys: Object.fromEntries(pins) };
}

/** Reads a server's `nats`; undefined if it is missing or invalid (noted). */
export function readNatsNode(
  check: Check,
  server: Fields,
  { name, fleet }: { readonly name: string; readonly fleet: FleetAddress | undefined },
): NatsAddress | undefined {
  const field = server.get("nats");
  const keyField = server.get("key");
  if (field === undefined || !readBoolean(check, server, "nats")) {
    if (keyField !== undefined) {
      check.findings.add({
        at: keyField.key,
        message:
          `server "${name}" has a "key", but is not reached through NATS, the only transport over which nodes prove keys`,
        hint: "write nats: true beside it; over TCP, tls verifies a node",
      });
    }
    return undefined;
  }
  const key = keyField && readKey(check, keyField);
  if (fleet !== undefined) return { ...fleet, node: name, ...(key !== undefined && { key }) };
  check.findings.add({
    at: field.key,
    message: `server "${name}" is reached through NATS, but network has no "nats"`,
    hint: `write ${sample} in network`,
  });
  return undefined;
}

function readText(
  check: Check,
  entry: Entry | undefined,
  { what, isGood, hint }: {
    readonly what: string;
    isGood(text: string): boolean;
    readonly hint: string;
  },
): string | undefined {
  if (entry === undefined || entry.value.kind === "broken") return undefined;
  const { key, value } = entry;
  if (value.kind === "scalar" && isGood(value.text)) return value.text;
  check.findings.add({
    at: isNothing(value) ? key : value,
    message: `expected ${what} as ${quote(key.text)}, got ${describe(value)}`,
    hint,
  });
  return undefined;
}
