/** A store that is gone when it is closed: for tests, and for nodes that keep nothing on purpose. */
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  type DeploymentRecord,
  generationHashOf,
  type GenerationName,
  type PastGeneration,
} from "../wire/generation.ts";
import { type Manifest, manifestHashOf } from "../wire/manifest.ts";
import { type ScriptId, scriptIdOf } from "../wire/script_id.ts";
import {
  checkIsNext,
  checkManifestFormat,
  checkNoneMissing,
  checkScriptSize,
  type Generation,
  noSuchGeneration,
  type PreparedGeneration,
  scriptsOf,
  type Store,
} from "./store.ts";

/**
 * A {@linkcode Store} in memory.
 *
 * Its script URLs are `data:` URLs, which an executor can import without any file, and which contain the
 * whole script: fit for tests with small scripts.
 */
export class MemoryStore implements Store {
  readonly warnings: readonly string[] = [];
  #scripts = new Map<ScriptId, Uint8Array<ArrayBuffer>>();
  #generations: Generation[] = [];
  /** Of each generation, by its number. */
  readonly #hashes = new Map<number, string>();
  #touched = new Set<ScriptId>();
  #isClosed = false;

  // deno-lint-ignore require-await
  async missing(ids: Iterable<ScriptId>): Promise<ScriptId[]> {
    this.#checkOpen();
    return this.#missing(ids);
  }

  recheck(ids: Iterable<ScriptId>): Promise<ScriptId[]> {
    return this.missing(ids);
  }

  async putScript(bytes: Uint8Array<ArrayBuffer>): Promise<ScriptId> {
    this.#checkOpen();
    checkScriptSize(bytes);
    const copy = bytes.slice();
    const id = await scriptIdOf(copy);
    this.#scripts.set(id, copy);
    this.#touched.add(id);
    return id;
  }

  // deno-lint-ignore require-await
  async readScript(id: ScriptId): Promise<Uint8Array<ArrayBuffer>> {
    this.#checkOpen();
    const bytes = this.#scripts.get(id);
    if (bytes === undefined) throw new DeployRejected(`script "${id}" is not on this node`);
    return bytes.slice();
  }

  /** A `data:` URL; of an empty module where the script is not here. */
  scriptUrl(id: ScriptId): string {
    this.#checkOpen();
    let binary = "";
    for (const byte of this.#scripts.get(id) ?? []) binary += String.fromCharCode(byte);
    return `data:text/javascript;base64,${btoa(binary)}`;
  }

  current(): Generation | undefined {
    this.#checkOpen();
    return this.#generations[this.#generations.length - 1];
  }

  async prepare(
    manifest: Manifest,
    deployment?: DeploymentRecord,
  ): Promise<PreparedGeneration> {
    this.#checkOpen();
    checkManifestFormat(manifest);
    const copy = structuredClone(manifest);
    const manifestHash = await manifestHashOf(copy);
    checkNoneMissing(copy, this.#missing(scriptsOf(copy)));
    const before = this.current()?.number;
    const previous: GenerationName | undefined = before === undefined
      ? undefined
      : { number: before, fileHash: this.#hashes.get(before)! };
    const number = (before ?? 0) + 1;
    const committedAtMs = Date.now();
    const generation = {
      number,
      committedAtMs,
      deployment,
      previous,
      manifestHash,
      manifest: copy,
    };
    const hash = await generationHashOf(generation);
    return {
      // deno-lint-ignore require-await
      commit: async () => {
        checkIsNext(number, this.current());
        this.#generations = [...this.#generations, generation].slice(-limits.generationsKept);
        this.#hashes.set(number, hash);
        this.#collect();
        return generation;
      },
      discard: () => Promise.resolve(),
    };
  }

  generations(): readonly number[] {
    this.#checkOpen();
    return this.#generations.map((generation) => generation.number);
  }

  history(): readonly PastGeneration[] {
    this.#checkOpen();
    return this.#generations.map(({ number, committedAtMs, deployment, manifestHash }) => ({
      number,
      committedAtMs,
      deployment,
      hash: this.#hashes.get(number)!,
      manifestHash,
    }));
  }

  // deno-lint-ignore require-await
  async generation(number: number): Promise<Generation> {
    this.#checkOpen();
    const found = this.#generations.find((generation) => generation.number === number);
    if (found === undefined) throw noSuchGeneration(number, this.generations());
    return found;
  }

  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#scripts.clear();
    this.#generations = [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #missing(ids: Iterable<ScriptId>): ScriptId[] {
    const missing: ScriptId[] = [];
    for (const id of new Set(ids)) {
      if (this.#scripts.has(id)) this.#touched.add(id);
      else missing.push(id);
    }
    return missing;
  }

  #collect(): void {
    const kept = new Set<ScriptId>();
    for (const generation of this.#generations) {
      for (const id of scriptsOf(generation.manifest)) kept.add(id);
    }
    for (const id of this.#scripts.keys()) {
      if (!kept.has(id) && !this.#touched.has(id)) this.#scripts.delete(id);
    }
    this.#touched.clear();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TypeError("the store is closed");
  }
}
