/** `places/` of a root: scripts' source maps, for stacks in the log. Optional: a node serves without them. */
import { join } from "node:path";
import type { ScriptId } from "../identity/mod.ts";
import { readIfThere, removeIfThere } from "../files/durable.ts";
import { incomingPath } from "./_durable.ts";

/** The files of source maps, named by script. */
export class SourceMapFolder {
  readonly #path: string;
  readonly #incoming: string;

  constructor(path: string, incoming: string) {
    this.#path = path;
    this.#incoming = incoming;
  }

  /**
   * Stores the source map of a script, replacing any. It may be lost if the system crashes: waiting for the disk would
   * double the time of a large deployment.
   *
   * @throws The operating system's error.
   */
  async put(id: ScriptId, sourceMap: Uint8Array): Promise<void> {
    const temporary = incomingPath(this.#incoming);
    try {
      await Deno.writeFile(temporary, sourceMap, { createNew: true, mode: 0o600 });
      await Deno.rename(temporary, this.#pathOf(id)).catch(async (cause) => {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
        await Deno.mkdir(this.#path, { recursive: true, mode: 0o700 });
        await Deno.rename(temporary, this.#pathOf(id));
      });
    } catch (cause) {
      await removeIfThere(temporary).catch(() => {});
      throw cause;
    }
  }

  /** The source map of a script; undefined if missing or unreadable. */
  async read(id: ScriptId): Promise<string | undefined> {
    const bytes = await readIfThere(this.#pathOf(id)).catch(() => undefined);
    return bytes && new TextDecoder().decode(bytes);
  }

  /** Removes the source maps of scripts that are not kept. */
  async collect(isKept: (id: ScriptId) => boolean): Promise<void> {
    try {
      for await (const { name } of Deno.readDir(this.#path)) {
        const id = name.slice(0, -extension.length) as ScriptId;
        if (name.endsWith(extension) && !isKept(id)) await removeIfThere(join(this.#path, name));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #pathOf(id: ScriptId): string {
    return join(this.#path, id + extension);
  }
}

const extension = ".places";
