/** Stacks of scripts as their authors know the places: `scripts/add.ts:7:12` for the bundle's `…/ID.js:312:11`. */
import { limits } from "../../limits/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import { SourcePlaces } from "../../source_map/mod.ts";

/** What knows where the places in scripts come from. */
export interface PlacesStore {
  readPlaces(id: ScriptId): Promise<string | undefined>;
}

/** A place in a script, as stacks show it. */
const placePattern = /\/([0-9a-f]{64})\.js:(\d{1,9}):(\d{1,9})/g;

/** Scripts that one stack may name: those of a service call no others. */
const scriptsOfStackMax = 4;
/** Places that one stack may name. */
const placesOfStackMax = 200;

/** Looks places up, and keeps in memory what it has read for that. */
export class StackPlaces {
  readonly #store: PlacesStore;
  /** By script, the one that was asked for last at the end; undefined where nothing is known. */
  readonly #kept = new Map<ScriptId, { places: SourcePlaces | undefined; bytes: number }>();
  #keptBytes = 0;

  constructor(store: PlacesStore) {
    this.#store = store;
  }

  /** A stack with the places of its sources; at once where these are in memory. */
  mapped(stack: string): string | Promise<string> {
    const ids = new Set<ScriptId>();
    for (const [, id] of stack.matchAll(placePattern)) {
      if (ids.size < scriptsOfStackMax) ids.add(id as ScriptId);
    }
    const missing = [...ids].filter((id) => !this.#kept.has(id));
    if (missing.length === 0) return this.#replaced(stack);
    return Promise.all(missing.map((id) => this.#read(id))).then(() => this.#replaced(stack));
  }

  /** The first place in a stack that comes from a source: `scripts/add.ts:7:12`. */
  async firstIn(stack: string): Promise<string | undefined> {
    await this.mapped(stack);
    for (const { 1: id, 2: line, 3: column } of stack.matchAll(placePattern)) {
      const found = this.#use(id as ScriptId)?.at(Number(line), Number(column));
      if (found !== undefined) return `${found.source}:${found.line}:${found.column}`;
    }
    return undefined;
  }

  #replaced(stack: string): string {
    let result = "";
    let done = 0;
    let count = 0;
    for (const match of stack.matchAll(placePattern)) {
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

  #use(id: ScriptId): SourcePlaces | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept.places;
  }

  async #read(id: ScriptId): Promise<void> {
    const text = await this.#store.readPlaces(id);
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

function parsed(text: string): SourcePlaces | undefined {
  try {
    return new SourcePlaces(text);
  } catch {
    // Written by another farcall, or damaged: the stack stays as it is.
    return undefined;
  }
}

/** Takes out what called the script, which its author does not know: frames of modules below those with places. */
function withoutOurs(stack: string): string {
  const lines: string[] = [];
  let isBelow = false;
  for (const line of stack.split("\n")) {
    const isFrame = line.startsWith("    at ");
    if (!isFrame || !line.includes("file://")) {
      // Native frames go with their neighbours.
      if (!isFrame) isBelow = false;
      else if (!line.includes("<anonymous>)")) isBelow = true;
      lines.push(line);
    } else if (!isBelow) lines.push(line);
  }
  return lines.join("\n");
}

/** Where the URL begins that ends with a script's name. */
function startOfUrl(stack: string, end: number): number {
  const start = stack.lastIndexOf("file://", end);
  return start < 0 || /[\s()]/.test(stack.slice(start, end)) ? end : start;
}
