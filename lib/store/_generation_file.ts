/** Generations as files that name the hash of their predecessor, and the file that names the current one. */
import { type GenerationName, manifestHashOf } from "../manifest/mod.ts";
import { inSlices } from "../timers/slices.ts";
import { parseJsonSteps } from "../encoding/mod.ts";
import { scriptIdOf } from "../identity/mod.ts";
import type { Generation } from "./store.ts";

/** Lower-case hex SHA-256. */
export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return await scriptIdOf(bytes);
}

/**
 * Reads a generation file. The hash, checked here, vouches for its shape: this farcall, or an older one, wrote exactly
 * these bytes.
 *
 * @returns undefined if the bytes do not match the name.
 */
export async function decodeGeneration(
  bytes: Uint8Array<ArrayBuffer>,
  name: GenerationName,
): Promise<Generation | undefined> {
  if (await hashOf(bytes) !== name.fileHash) return undefined;
  const { number, committedAtMs, deployment, previous, manifestHash, manifest } = await inSlices(
    parseJsonSteps(new TextDecoder().decode(bytes)),
  ) as Generation & { previous: GenerationName | null };
  if (number !== name.number || manifestHash !== await manifestHashOf(manifest, inSlices)) {
    return undefined;
  }
  return {
    number,
    committedAtMs,
    deployment,
    previous: previous ?? undefined,
    manifestHash,
    manifest,
  };
}

/** The text of the file that names the current generation. */
export function encodeCurrent(name: GenerationName): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${name.number} ${name.fileHash}\n`) as Uint8Array<ArrayBuffer>;
}

/** Reads the output of {@linkcode encodeCurrent}; undefined if it is anything else. */
export function decodeCurrent(bytes: Uint8Array): GenerationName | undefined {
  const match = /^([1-9]\d{0,14}) ([0-9a-f]{64})\n$/.exec(new TextDecoder().decode(bytes));
  return match === null ? undefined : { number: Number(match[1]), fileHash: match[2]! };
}
