/**
 * What is rarely needed, kept in an executable where no start reads it: the bundler's binary, source maps, licences.
 * `tools/compile.ts` writes it. This room must never know what it is for.
 *
 * @module
 */
import { InternalError } from "../errors/mod.ts";
import { scriptIdOf } from "../identity/mod.ts";
import { readOverlay } from "./elf_overlay.ts";

/** The file beside this module, in the executable, that says what is packed. */
export const packedFactsFile = "packed.json";

/** What is packed, by name. */
export type PackedFacts = Readonly<Record<string, PackedFact>>;

/** Where something packed lies, and how it is told from anything else. */
export interface PackedFact {
  /** Its lower-case hex SHA-256. */
  readonly hash: string;
  /** Where it lies behind the runtime; without this it is a file beside this module, by its name. */
  readonly behindRuntime?: { readonly offset: number; readonly length: number };
}

/** Reads what is packed. @throws {InternalError} If it cannot be found in the executable, or the executable was replaced. */
export async function readPacked(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { fact, bytes } = find(name);
  if (await scriptIdOf(bytes) === fact.hash) return bytes;
  // Read from disk, where another executable may have this one's name by now.
  throw new InternalError(`${name} in this executable has changed since it started; start again`);
}

/** Reads a text that is only shown: at once, and without a check. @throws {InternalError} If it cannot be found. */
export function readPackedText(name: string): string {
  return new TextDecoder().decode(find(name).bytes);
}

function find(name: string): { fact: PackedFact; bytes: Uint8Array<ArrayBuffer> } {
  const facts: PackedFacts = JSON.parse(new TextDecoder().decode(readBeside(packedFactsFile)));
  const fact = facts[name];
  if (fact === undefined) throw missing(name);
  const bytes = fact.behindRuntime === undefined
    ? readBeside(name)
    : readOverlay(fact.behindRuntime);
  return { fact, bytes };
}

function readBeside(name: string): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(new URL(name, import.meta.url));
  } catch (cause) {
    throw missing(name, cause);
  }
}

function missing(name: string, cause?: unknown): InternalError {
  return new InternalError(
    `this executable was compiled without ${name}; compile it on this system with deno task compile`,
    { cause },
  );
}
