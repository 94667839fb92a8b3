/** What a load is: something that strangers or tenants do to a node while a client goes on calling it. */

import { toBase64 } from "../../lib/encoding/mod.ts";
import { SigningKey } from "../../lib/identity/mod.ts";

/** Where a load is played. */
export interface LoadTarget {
  readonly host: string;
  readonly port: number;
}

/** One load; it is played in a process of its own. */
export interface Load {
  /** What happens, as a row of the table says it; no two are alike. */
  readonly name: string;
  /** More options of `farcall serve`. */
  readonly serve?: readonly string[];
  /** Whether the node speaks TLS. */
  readonly isSecure?: true;
  /** In place of a node, a server that only reads, on the same runtime: what that takes, no node can save. */
  readonly isFloor?: true;
  /** Descriptors that the node may have. Default: as many as this process. */
  readonly descriptors?: number;
  /** Resident memory that the node may gain by it, in MiB. */
  readonly memoryMiBMax: number;
  /** Bytes of log that it may cause, in KiB, and in each of its seconds. Default: 64. */
  readonly logKiBPerSecondMax?: number;
  /** Plays until it is done, or the signal says that it is enough. What the node does to it is no error. */
  play(target: LoadTarget, signal: AbortSignal): Promise<void>;
}

/** PKCS #8 around the 32 bytes of a key's seed, RFC 8410 §7; this one is everybody's. */
const signersDer = Uint8Array.of(
  ...[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20],
  ...new Uint8Array(32).fill(7),
);

/** The key of the client `signer`, in the node's process and the load's. */
export const signer: SigningKey = await SigningKey.fromPem(
  `-----BEGIN PRIVATE KEY-----\n${toBase64(signersDer)}\n-----END PRIVATE KEY-----\n`,
);

/**
 * The services of the node: they have the tenants c1, the bystander, and c2, from 127.0.0.1. The bystander calls `math`.
 * What takes long in a script, or in reading its arguments, is asked of `heavy`: calls of one service share a thread.
 */
export const sources: Readonly<Record<string, string>> = {
  "add.ts": "export const add = (a: number, b: number) => a + b;\n",
  "echo.ts": "export const echo = (text: string) => text;\n",
  "size.ts": "export const size = (bytes: Uint8Array) => bytes.length;\n",
  "sum.ts": "export const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);\n",
  "count.ts": "export const count = (values: object) => Object.keys(values).length;\n",
  "fill.ts": 'export const fill = (length: number) => "x".repeat(length);\n',
  "ticks.ts": "export async function* ticks() {\n" +
    "  for (let n = 0;; n++) {\n    yield n;\n    await new Promise((done) => setTimeout(done, 100));\n  }\n}\n",
  "total.ts": "export async function total(items: AsyncIterable<number>) {\n" +
    "  let sum = 0;\n  for await (const item of items) sum += item;\n  return sum;\n}\n",
};

/** The init.yaml of the node. @param fingerprint Of its certificate, where it has one. */
export function configuration(port: number, fingerprint?: string): string {
  const tls = fingerprint === undefined ? "" : `, tls: { fingerprint: "${fingerprint}" }`;
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port}${tls} } }
  clients: { c1: { ip: 127.0.0.1 }, c2: { ip: 127.0.0.1 }, signer: { key: "${signer.publicKey}" } }
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
      size: { args: [bytes], returns: [int], src: size.ts }
`;
}
