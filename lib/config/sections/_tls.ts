/** The `tls` of a server: which certificates its callers trust. */
import { fingerprintForm, parseFingerprint } from "../../identity/mod.ts";
import { type Check, type Fields, readBoolean, readFields } from "./fields.ts";
import { describe, type Entry, isNothing } from "../yaml/nodes.ts";
import type { TlsSettings } from "../model.ts";

const sample = 'tls: true, tls: { ca: ca.crt } or tls: { fingerprint: "sha256:…" }';

/** Reads a server's `tls`; undefined if it is missing or invalid (noted). */
export function readTls(check: Check, server: Fields, name: string): TlsSettings | undefined {
  const field = server.get("tls");
  if (field === undefined || field.value.kind === "broken") return undefined;
  if (field.value.kind === "scalar") {
    if (field.value.type === "boolean") return readBoolean(check, server, "tls") ? {} : undefined;
    check.findings.add({
      at: isNothing(field.value) ? field.key : field.value,
      message: `expected which certificates to trust as "tls", got ${describe(field.value)}`,
      hint: `write ${sample}`,
    });
    return undefined;
  }
  const fields = readFields(check, field.value, {
    what: `tls of server "${name}"`,
    section: "tls",
    sample,
  });
  if (fields === undefined) return undefined;
  if (field.value.kind === "map" && field.value.entries.length === 0) {
    check.findings.add({
      at: field.value,
      message: '"tls" is empty, expected which certificates to trust',
      hint: `write ${sample}`,
    });
  }
  const ca = readText(check, fields.get("ca"), "the path of a file with certificates");
  const serverName = readText(check, fields.get("server-name"), "a host name or an IP address");
  const fingerprint = readFingerprint(check, fields.get("fingerprint"));
  if (fields.has("fingerprint") && fields.size > 1) {
    check.findings.add({
      at: fields.get("fingerprint")!.key,
      message:
        'a "fingerprint" already names the one trusted certificate; "ca" and "server-name" add nothing',
      hint: "keep the fingerprint, or the others",
    });
  }
  return {
    ...(ca !== undefined && { ca: ca.startsWith("/") ? ca : `${check.folder}/${ca}` }),
    ...(serverName !== undefined && { serverName }),
    ...(fingerprint !== undefined && { fingerprint }),
  };
}

function readText(check: Check, entry: Entry | undefined, what: string): string | undefined {
  if (entry === undefined || entry.value.kind === "broken") return undefined;
  const { key, value } = entry;
  if (value.kind === "scalar" && value.type === "string" && value.text !== "") return value.text;
  check.findings.add({
    at: isNothing(value) ? key : value,
    message: `expected ${what} as "${key.text}", got ${describe(value)}`,
    hint: `write ${sample}`,
  });
  return undefined;
}

function readFingerprint(check: Check, entry: Entry | undefined): string | undefined {
  if (entry === undefined || entry.value.kind === "broken") return undefined;
  const { value } = entry;
  const fingerprint = value.kind === "scalar" ? parseFingerprint(value.text) : undefined;
  if (fingerprint !== undefined) return fingerprint;
  check.findings.add({
    at: value,
    message: `expected ${fingerprintForm}, got ${describe(value)}`,
    hint: "farcall keygen --tls and the node's log print it",
  });
  return undefined;
}
