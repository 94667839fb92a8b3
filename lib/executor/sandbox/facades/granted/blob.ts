/** Blob, File and FormData for scripts, backed by the runtime, whose objects stay private. */
import { answered } from "./errors.ts";
import { type ReadableStream, shownReadable } from "./streams.ts";

const RuntimeBlob = globalThis.Blob;
const RuntimeFile = globalThis.File;
const RuntimeForm = globalThis.FormData;

/** The runtime's object for a new facade; no script has one. */
class Existing<Value> {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

let blobOf: (blob: Blob) => globalThis.Blob;
let formOf: (form: FormData) => globalThis.FormData;

/** Bytes with a media type. */
export class Blob {
  readonly #blob: globalThis.Blob;

  constructor(parts: unknown = [], options: unknown = {}) {
    if (parts instanceof Existing) {
      this.#blob = parts.value;
      return;
    }
    const { type = "", endings } = Object(options) as { type?: unknown; endings?: unknown };
    this.#blob = new RuntimeBlob(partsOf(parts), {
      type: String(type),
      endings: endings === "native" ? "native" : "transparent",
    });
  }

  static {
    blobOf = (blob) => blob.#blob;
  }

  get size(): number {
    return this.#blob.size;
  }

  get type(): string {
    return this.#blob.type;
  }

  slice(start: unknown = 0, end: unknown = this.size, type: unknown = ""): Blob {
    return new Blob(new Existing(this.#blob.slice(Number(start), Number(end), String(type))));
  }

  text(): Promise<string> {
    return answered(() => this.#blob.text());
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return answered(() => this.#blob.arrayBuffer());
  }

  bytes(): Promise<Uint8Array> {
    return answered(async () => new Uint8Array(await this.#blob.arrayBuffer()));
  }

  stream(): ReadableStream {
    return shownReadable(this.#blob.stream());
  }

  get [Symbol.toStringTag](): string {
    return "Blob";
  }
}

/** A blob with a name. */
export class File extends Blob {
  readonly #file: globalThis.File;

  constructor(parts: unknown, name?: unknown, options: unknown = {}) {
    let file: globalThis.File;
    if (parts instanceof Existing) file = parts.value;
    else {
      const { type = "", lastModified } = Object(options) as Record<string, unknown>;
      file = new RuntimeFile(partsOf(parts), String(name), {
        type: String(type),
        ...lastModified === undefined ? {} : { lastModified: Number(lastModified) },
      });
    }
    super(new Existing(file));
    this.#file = file;
  }

  get name(): string {
    return this.#file.name;
  }

  get lastModified(): number {
    return this.#file.lastModified;
  }

  override get [Symbol.toStringTag](): string {
    return "File";
  }
}

function partsOf(parts: unknown): BlobPart[] {
  return Array.from(parts as Iterable<unknown>, (part) => {
    if (part instanceof Blob) return blobOf(part);
    if (part instanceof ArrayBuffer || ArrayBuffer.isView(part)) return part as BlobPart;
    return String(part);
  });
}

type FormValue = string | File;

/** Named form entries. */
export class FormData {
  readonly #form: globalThis.FormData;

  constructor(form?: unknown) {
    if (form instanceof Existing) this.#form = form.value;
    else if (form === undefined) this.#form = new RuntimeForm();
    else throw new TypeError("a FormData begins empty");
  }

  static {
    formOf = (form) => form.#form;
  }

  append(name: unknown, value: unknown, fileName?: unknown): void {
    const given = String(name);
    if (!(value instanceof Blob)) this.#form.append(given, String(value));
    else if (fileName === undefined) this.#form.append(given, blobOf(value));
    else this.#form.append(given, blobOf(value), String(fileName));
  }

  set(name: unknown, value: unknown, fileName?: unknown): void {
    const given = String(name);
    if (!(value instanceof Blob)) this.#form.set(given, String(value));
    else if (fileName === undefined) this.#form.set(given, blobOf(value));
    else this.#form.set(given, blobOf(value), String(fileName));
  }

  delete(name: unknown): void {
    this.#form.delete(String(name));
  }

  get(name: unknown): FormValue | null {
    const value = this.#form.get(String(name));
    return value === null ? null : shownValue(value);
  }

  getAll(name: unknown): FormValue[] {
    return this.#form.getAll(String(name)).map(shownValue);
  }

  has(name: unknown): boolean {
    return this.#form.has(String(name));
  }

  forEach(callback: (value: FormValue, name: string, form: this) => void, thisArg?: unknown): void {
    for (const [name, value] of this.entries()) {
      Reflect.apply(callback, thisArg, [value, name, this]);
    }
  }

  *entries(): Generator<[string, FormValue], undefined> {
    for (const [name, value] of this.#form) yield [name, shownValue(value)];
    return undefined;
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.#form) yield name;
    return undefined;
  }

  *values(): Generator<FormValue, undefined> {
    for (const [, value] of this.#form) yield shownValue(value);
    return undefined;
  }

  [Symbol.iterator](): Generator<[string, FormValue], undefined> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "FormData";
  }
}

function shownValue(value: FormDataEntryValue): FormValue {
  return typeof value === "string" ? value : new File(new Existing(value));
}

/** A runtime blob, wrapped for scripts. */
export function shownBlob(blob: globalThis.Blob): Blob {
  return new Blob(new Existing(blob));
}

/** The runtime's object behind a script's blob. */
export function blobOfRuntime(blob: Blob): globalThis.Blob {
  return blobOf(blob);
}

/** A runtime form, wrapped for scripts. */
export function shownForm(form: globalThis.FormData): FormData {
  return new FormData(new Existing(form));
}

/** The runtime's object behind a script's form. */
export function formOfRuntime(form: FormData): globalThis.FormData {
  return formOf(form);
}
