/** Generations as files, each naming the hash of the one before it, and the file that names the current. */
import { type Manifest, manifestHashOf } from "../wire/manifest.ts";
import { scriptIdOf } from "../wire/script_id.ts";
import type { Generation } from "./store.ts";

/** A generation file, named without reading it: its number and the hash of its bytes. */
export interface GenerationName {
  readonly number: number;
  /** Lower-case hex SHA-256 of the file. */
  readonly fileHash: string;
}

/** What a generation file says. */
export interface GenerationFile {
  readonly generation: Generation;
  /** The generation before it; undefined for the first. */
  readonly previous: GenerationName | undefined;
}

/** Lower-case hex SHA-256 of anything. */
export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return await scriptIdOf(bytes);
}

/** The bytes of a generation file: one JSON object and a newline. */
export function encodeGeneration(file: GenerationFile): Uint8Array<ArrayBuffer> {
  const { number, committedAtMs, deployment, manifestHash, manifest } = file.generation;
  const previous = file.previous ?? null;
  const content = { number, committedAtMs, deployment, previous, manifestHash, manifest };
  return new TextEncoder().encode(JSON.stringify(content) + "\n") as Uint8Array<ArrayBuffer>;
}

/**
 * Reads a generation file. Its shape is vouched for by the hash, which is checked here: whoever knows it
 * knows that this farcall, or an older one, wrote exactly these bytes.
 *
 * @returns undefined if the bytes are not those that the name stands for.
 */
export async function decodeGeneration(
  bytes: Uint8Array<ArrayBuffer>,
  name: GenerationName,
): Promise<GenerationFile | undefined> {
  if (await hashOf(bytes) !== name.fileHash) return undefined;
  const { number, committedAtMs, deployment, previous, manifestHash, manifest } = JSON.parse(
    new TextDecoder().decode(bytes),
  ) as Generation & { previous: GenerationName | null; manifest: Manifest };
  if (number !== name.number || manifestHash !== await manifestHashOf(manifest)) return undefined;
  return {
    generation: { number, manifest, manifestHash, committedAtMs, deployment },
    previous: previous ?? undefined,
  };
}

/** The text of the file that names the current generation. */
export function encodeCurrent(name: GenerationName): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${name.number} ${name.fileHash}\n`) as Uint8Array<ArrayBuffer>;
}

/** Reads what {@linkcode encodeCurrent} wrote; undefined if it is anything else. */
export function decodeCurrent(bytes: Uint8Array): GenerationName | undefined {
  const match = /^([1-9]\d{0,14}) ([0-9a-f]{64})\n$/.exec(new TextDecoder().decode(bytes));
  return match === null ? undefined : { number: Number(match[1]), fileHash: match[2] };
}
