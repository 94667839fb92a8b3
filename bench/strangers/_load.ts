/** A load: strangers' or tenants' activity against a node while a client keeps calling it. */

import { toBase64 } from "../../lib/encoding/mod.ts";
import { SigningKey } from "../../lib/identity/mod.ts";

/** The target of a load. */
export interface LoadTarget {
  readonly host: string;
  readonly port: number;
}

/** One load, run in a process of its own. */
export interface Load {
  /** A unique description, as in the table. */
  readonly name: string;
  /** Further options of `farcall serve`. */
  readonly serve?: readonly string[];
  /** The loopback address of the node, its client and the load. Default: 127.0.0.1. */
  readonly host?: "::1";
  /** Whether the node uses TLS. */
  readonly isSecure?: true;
  /** Replaces the node by a server that only reads, on the same runtime: a cost that no node can avoid. */
  readonly isFloor?: true;
  /** Descriptors of the node. Default: as many as this process has. */
  readonly descriptors?: number;
  /** Resident memory that the node may gain, in MiB. */
  readonly memoryMiBMax: number;
  /** Log that it may cause, in KiB, and per second. Default: 64. */
  readonly logKiBPerSecondMax?: number;
  /** Runs until it is done, or the signal is raised. The node's refusals are not errors. */
  play(target: LoadTarget, signal: AbortSignal): Promise<void>;
}

/** The PKCS #8 prefix of a key's 32-byte seed, RFC 8410 §7; this key is public. */
const signersDer = Uint8Array.of(
  ...[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20],
  ...new Uint8Array(32).fill(7),
);

/** The key of the client `signer`, in the node's process and the load's. */
export const signer: SigningKey = await SigningKey.fromPem(
  `-----BEGIN PRIVATE KEY-----\n${toBase64(signersDer)}\n-----END PRIVATE KEY-----\n`,
);

/**
 * The services of the node, with the tenants c1, the bystander, and c2, from 127.0.0.1. The bystander calls `math`.
 * Expensive scripts and arguments belong to `heavy`, because calls of one service share a thread.
 */
export const sources: Readonly<Record<string, string>> = {
  "add.ts": "export const add = (a: number, b: number) => a + b;\n",
  "echo.ts": "export const echo = (text: string) => text;\n",
  "size.ts": "export const size = (bytes: Uint8Array) => bytes.length;\n",
  "sum.ts": "export const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);\n",
  "count.ts": "export const count = (values: object) => Object.keys(values).length;\n",
  "fill.ts": 'export const fill = (length: number) => "x".repeat(length);\n',
  "mirror.ts":
    "export async function* mirror(items: AsyncIterable<Uint8Array>) { yield* items; }\n",
  "ticks.ts": "export async function* ticks() {\n" +
    "  for (let n = 0;; n++) {\n    yield n;\n    await new Promise((done) => setTimeout(done, 100));\n  }\n}\n",
  "total.ts": "export async function total(items: AsyncIterable<number>) {\n" +
    "  let sum = 0;\n  for await (const item of items) sum += item;\n  return sum;\n}\n",
};

/** Where a load is played, and its client calls from. */
export function hostOf({ host }: Pick<Load, "host">): string {
  return host ?? "127.0.0.1";
}

/** The init.yaml of the node. @param options `fingerprint`: of its certificate, where it has one. */
export function configuration(
  { host, port }: LoadTarget,
  { fingerprint }: { readonly fingerprint?: string } = {},
): string {
  const tls = fingerprint === undefined ? "" : `, tls: { fingerprint: "${fingerprint}" }`;
  return `network:
  servers: { s1: { ip: "${host}", port: ${port}${tls} } }
  clients: { c1: { ip: "${host}" }, c2: { ip: "${host}" }, signer: { key: "${signer.publicKey}" } }
services:
  math:
    providers: [s1]
    tenants: [c1, c2, signer]
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
      sum: { args: ["List[float]"], returns: [float], src: sum.ts }
      ticks: { args: [], returns: ["Stream[int]"], src: ticks.ts }
      total: { args: ["Stream[int]"], returns: [int], src: total.ts }
  heavy:
    providers: [s1]
    tenants: [c1, c2]
    rpcs:
      count:
        - { args: ["List[int]"], returns: [int], src: count.ts }
        - { args: ["Dict[str, int]"], returns: [int], src: count.ts }
  text:
    providers: [s1]
    tenants: [c1, c2]
    rpcs:
      echo: { args: [str], returns: [str], src: echo.ts }
      fill: { args: [int], returns: [str], src: fill.ts }
      mirror: { args: ["Stream[bytes]"], returns: ["Stream[bytes]"], src: mirror.ts }
      size: { args: [bytes], returns: [int], src: size.ts }
`;
}
