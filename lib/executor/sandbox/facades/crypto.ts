/**
 * Cryptography for scripts, backed by the runtime. The runtime's keys, whose properties lead to their bytes, are
 * private to this module.
 */
import { shownError } from "./dom_exception.ts";
import { needStack } from "./stack_room.ts";

const runtime = globalThis.crypto;
const { subtle } = runtime;
const RuntimeKey = globalThis.CryptoKey;

/** Only this module creates keys and the two singletons. */
class Making {
  readonly key: globalThis.CryptoKey;

  constructor(key: globalThis.CryptoKey) {
    this.key = key;
  }
}

let runtimeKeyOf: (key: CryptoKey) => globalThis.CryptoKey;

/** A key. */
export class CryptoKey {
  readonly #key: globalThis.CryptoKey;
  #algorithm: unknown;
  #usages: string[] | undefined;

  constructor(making?: unknown) {
    if (!(making instanceof Making)) throw new TypeError("Illegal constructor");
    this.#key = making.key;
  }

  static {
    runtimeKeyOf = (key) => key.#key;
  }

  get type(): string {
    return this.#key.type;
  }

  get extractable(): boolean {
    return this.#key.extractable;
  }

  get algorithm(): unknown {
    this.#algorithm ??= copyOf(this.#key.algorithm);
    return this.#algorithm;
  }

  get usages(): string[] {
    this.#usages ??= [...this.#key.usages];
    return this.#usages;
  }

  get [Symbol.toStringTag](): string {
    return "CryptoKey";
  }
}

/** Members of all algorithms that the platform knows. */
const algorithmMembers = [
  ...["name", "hash", "length", "iv", "counter", "additionalData", "tagLength", "modulusLength"],
  ...[
    "publicExponent",
    "namedCurve",
    "salt",
    "saltLength",
    "info",
    "iterations",
    "label",
    "context",
  ],
  ...["public"],
];

/** An algorithm for the runtime: each member read once, keys replaced by the runtime's own. */
function algorithmOf(given: unknown): never {
  if (typeof given !== "object" || given === null) return String(given) as never;
  const copy: Record<string, unknown> = {};
  for (const member of algorithmMembers) {
    const value = (given as Record<string, unknown>)[member];
    if (value === undefined) continue;
    if (member === "hash") copy.hash = algorithmOf(value);
    else copy[member] = value instanceof CryptoKey ? runtimeKeyOf(value) : value;
  }
  return copy as never;
}

/** A copy of a key's description, free of the runtime's objects. */
function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyOf(each)]));
}

function keyOf(key: unknown): globalThis.CryptoKey {
  if (!(key instanceof CryptoKey)) throw new TypeError("the key is not a CryptoKey");
  return runtimeKeyOf(key);
}

/** A runtime result, converted for a script. */
function shown(result: unknown): unknown {
  if (result instanceof RuntimeKey) return new CryptoKey(new Making(result));
  if (typeof result !== "object" || result === null || result instanceof ArrayBuffer) return result;
  if ("privateKey" in result && "publicKey" in result) {
    return { publicKey: shown(result.publicKey), privateKey: shown(result.privateKey) };
  }
  return copyOf(result);
}

/** Runs one of the runtime's functions; all of its arguments are read before. */
async function answer(work: () => Promise<unknown>): Promise<never> {
  needStack();
  try {
    return shown(await work()) as never;
  } catch (error) {
    throw shownError(error);
  }
}

/** A JSON Web Key for the runtime, read once. */
function keyDataOf(data: unknown): never {
  if (typeof data !== "object" || data === null || data instanceof ArrayBuffer) {
    return data as never;
  }
  return (ArrayBuffer.isView(data) ? data : { ...data }) as never;
}

const usagesOf = (usages: Iterable<unknown>): never => [...usages].map(String) as never;

/** Encrypts, signs, hashes, generates keys. */
export class SubtleCrypto {
  constructor(making?: unknown) {
    if (making !== Making) throw new TypeError("Illegal constructor");
  }

  digest(algorithm: unknown, data: BufferSource): Promise<ArrayBuffer> {
    return answer(() => subtle.digest(algorithmOf(algorithm), data));
  }

  encrypt(algorithm: unknown, key: unknown, data: BufferSource): Promise<ArrayBuffer> {
    return answer(() => subtle.encrypt(algorithmOf(algorithm), keyOf(key), data));
  }

  decrypt(algorithm: unknown, key: unknown, data: BufferSource): Promise<ArrayBuffer> {
    return answer(() => subtle.decrypt(algorithmOf(algorithm), keyOf(key), data));
  }

  sign(algorithm: unknown, key: unknown, data: BufferSource): Promise<ArrayBuffer> {
    return answer(() => subtle.sign(algorithmOf(algorithm), keyOf(key), data));
  }

  verify(
    algorithm: unknown,
    key: unknown,
    signature: BufferSource,
    data: BufferSource,
  ): Promise<boolean> {
    return answer(() => subtle.verify(algorithmOf(algorithm), keyOf(key), signature, data));
  }

  generateKey(
    algorithm: unknown,
    isExtractable: unknown,
    usages: Iterable<unknown>,
  ): Promise<CryptoKey | { publicKey: CryptoKey; privateKey: CryptoKey }> {
    return answer(() =>
      subtle.generateKey(algorithmOf(algorithm), Boolean(isExtractable), usagesOf(usages))
    );
  }

  deriveKey(
    algorithm: unknown,
    key: unknown,
    derived: unknown,
    ...[isExtractable, usages]: [unknown, Iterable<unknown>]
  ): Promise<CryptoKey> {
    return answer(() =>
      subtle.deriveKey(
        algorithmOf(algorithm),
        keyOf(key),
        algorithmOf(derived),
        Boolean(isExtractable),
        usagesOf(usages),
      )
    );
  }

  deriveBits(algorithm: unknown, key: unknown, length: unknown = null): Promise<ArrayBuffer> {
    const bits = length === null ? null : Number(length);
    return answer(() => subtle.deriveBits(algorithmOf(algorithm), keyOf(key), bits as number));
  }

  importKey(
    format: unknown,
    data: unknown,
    algorithm: unknown,
    ...[isExtractable, usages]: [unknown, Iterable<unknown>]
  ): Promise<CryptoKey> {
    return answer(() =>
      subtle.importKey(
        String(format) as never,
        keyDataOf(data),
        algorithmOf(algorithm),
        Boolean(isExtractable),
        usagesOf(usages),
      )
    );
  }

  exportKey(format: unknown, key: unknown): Promise<ArrayBuffer | JsonWebKey> {
    return answer(() => subtle.exportKey(String(format) as never, keyOf(key)));
  }

  wrapKey(
    format: unknown,
    key: unknown,
    wrapping: unknown,
    algorithm: unknown,
  ): Promise<ArrayBuffer> {
    return answer(() =>
      subtle.wrapKey(String(format) as never, keyOf(key), keyOf(wrapping), algorithmOf(algorithm))
    );
  }

  unwrapKey(
    format: unknown,
    wrapped: BufferSource,
    unwrapping: unknown,
    ...[algorithm, keyAlgorithm, isExtractable, usages]: [
      unknown,
      unknown,
      unknown,
      Iterable<unknown>,
    ]
  ): Promise<CryptoKey> {
    return answer(() =>
      subtle.unwrapKey(
        String(format) as never,
        wrapped,
        keyOf(unwrapping),
        algorithmOf(algorithm),
        algorithmOf(keyAlgorithm),
        Boolean(isExtractable),
        usagesOf(usages),
      )
    );
  }

  get [Symbol.toStringTag](): string {
    return "SubtleCrypto";
  }
}

const ownSubtle = Object.freeze(new SubtleCrypto(Making));

/** Random numbers, and SubtleCrypto. */
export class Crypto {
  constructor(making?: unknown) {
    if (making !== Making) throw new TypeError("Illegal constructor");
  }

  get subtle(): SubtleCrypto {
    return ownSubtle;
  }

  getRandomValues<View extends ArrayBufferView<ArrayBuffer>>(view: View): View {
    needStack();
    try {
      runtime.getRandomValues(view as unknown as Uint8Array<ArrayBuffer>);
    } catch (error) {
      throw shownError(error);
    }
    return view;
  }

  randomUUID(): string {
    return runtime.randomUUID();
  }

  get [Symbol.toStringTag](): string {
    return "Crypto";
  }
}

/** The singleton in scripts' global scope. */
export const crypto = Object.freeze(new Crypto(Making));
