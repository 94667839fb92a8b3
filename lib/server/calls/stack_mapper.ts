/** Maps stacks of scripts to source locations: `scripts/add.ts:7:12` for the bundle's `…/ID.js:312:11`. */
import { limits } from "../../limits/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import { SourceMap } from "../../source_map/mod.ts";

/** Reads scripts' source maps. */
export interface SourceMapStore {
  readSourceMap(id: ScriptId): Promise<string | undefined>;
}

/** The pattern of a script location in a stack. */
const locationPattern = /\/([0-9a-f]{64})\.js:(\d{1,9}):(\d{1,9})/g;

/** Scripts mapped in one stack. */
const scriptsOfStackMax = 4;
/** Locations mapped in one stack. */
const placesOfStackMax = 200;

/** Maps locations, and caches source maps. */
export class StackMapper {
  readonly #store: SourceMapStore;
  /** By script, the most recently used last; undefined for a script without source map. */
  readonly #kept = new Map<ScriptId, { places: SourceMap | undefined; bytes: number }>();
  #keptBytes = 0;

  constructor(store: SourceMapStore) {
    this.#store = store;
  }

  /** Maps a stack; synchronously if the source maps are cached. */
  mapped(stack: string): string | Promise<string> {
    const ids = new Set<ScriptId>();
    for (const [, id] of stack.matchAll(locationPattern)) {
      if (ids.size < scriptsOfStackMax) ids.add(id as ScriptId);
    }
    const missing = [...ids].filter((id) => !this.#kept.has(id));
    if (missing.length === 0) return this.#replaced(stack);
    return Promise.all(missing.map((id) => this.#read(id))).then(() => this.#replaced(stack));
  }

  /** The first source location in a stack: `scripts/add.ts:7:12`. */
  async firstIn(stack: string): Promise<string | undefined> {
    await this.mapped(stack);
    for (const { 1: id, 2: line, 3: column } of stack.matchAll(locationPattern)) {
      const found = this.#use(id as ScriptId)?.at(Number(line), Number(column));
      if (found !== undefined) return `${found.source}:${found.line}:${found.column}`;
    }
    return undefined;
  }

  #replaced(stack: string): string {
    let result = "";
    let done = 0;
    let count = 0;
    for (const match of stack.matchAll(locationPattern)) {
      if (++count > placesOfStackMax) break;
      const { 0: text, 1: id, 2: line, 3: column, index } = match;
      const found = this.#use(id as ScriptId)?.at(Number(line), Number(column));
      const start = startOfUrl(stack, index);
      if (found === undefined || start < done) continue;
      result += `${stack.slice(done, start)}${found.source}:${found.line}:${found.column}`;
      done = index + text.length;
    }
    return done === 0 ? stack : withoutOurs(result + stack.slice(done));
  }

  #use(id: ScriptId): SourceMap | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept.places;
  }

  async #read(id: ScriptId): Promise<void> {
    const text = await this.#store.readSourceMap(id);
    if (this.#kept.has(id)) return;
    const bytes = text?.length ?? 0;
    this.#kept.set(id, { places: text === undefined ? undefined : parsed(text), bytes });
    this.#keptBytes += bytes;
    for (const [oldest, kept] of this.#kept) {
      const isRoom = this.#kept.size <= limits.placesKept &&
        this.#keptBytes <= limits.placesKeptBytes;
      if (isRoom || oldest === id) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= kept.bytes;
    }
  }
}

function parsed(text: string): SourceMap | undefined {
  try {
    return new SourceMap(text);
  } catch {
    // Written by another farcall, or damaged: the stack stays unmapped.
    return undefined;
  }
}

/** Removes the frames of farcall's modules below the script's. */
function withoutOurs(stack: string): string {
  const lines: string[] = [];
  let isBelow = false;
  for (const line of stack.split("\n")) {
    const isFrame = line.startsWith("    at ");
    if (!isFrame || !line.includes("file://")) {
      // Native frames are treated like their neighbours.
      if (!isFrame) isBelow = false;
      else if (!line.includes("<anonymous>)")) isBelow = true;
      lines.push(line);
    } else if (!isBelow) lines.push(line);
  }
  return lines.join("\n");
}

/** The start of the URL that ends with a script's name. */
function startOfUrl(stack: string, end: number): number {
  const start = stack.lastIndexOf("file://", end);
  return start < 0 || /[\s()]/.test(stack.slice(start, end)) ? end : start;
}
