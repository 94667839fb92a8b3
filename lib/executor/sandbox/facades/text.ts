/** Text encoding for scripts, backed by the runtime, whose objects stay private. */
import { shownError } from "./dom_exception.ts";
import { needStack, runtimeGlobal } from "./stack_room.ts";

const RuntimeTextDecoder = globalThis.TextDecoder;
const encoder = new globalThis.TextEncoder();
const runtimeAtob = runtimeGlobal<(text: string) => string>("atob");
const runtimeBtoa = runtimeGlobal<(text: string) => string>("btoa");

/** Encodes texts as UTF-8. */
export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(text: unknown = ""): Uint8Array {
    return encoder.encode(String(text));
  }

  encodeInto(text: unknown, bytes: Uint8Array<ArrayBuffer>): { read: number; written: number } {
    const { read, written } = encoder.encodeInto(String(text), bytes);
    return { read, written };
  }

  get [Symbol.toStringTag](): string {
    return "TextEncoder";
  }
}

/** Decodes bytes to text. */
export class TextDecoder {
  readonly #decoder: globalThis.TextDecoder;
  readonly #isFatal: boolean;

  constructor(label: unknown = "utf-8", options: TextDecoderOptions | null = {}) {
    const name = String(label);
    const [fatal, ignoreBOM] = [Boolean(options?.fatal), Boolean(options?.ignoreBOM)];
    needStack();
    this.#decoder = new RuntimeTextDecoder(name, { fatal, ignoreBOM });
    this.#isFatal = fatal;
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#isFatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  decode(bytes?: BufferSource, options?: TextDecodeOptions | null): string {
    if (this.#isFatal) needStack();
    return options === undefined || options === null
      ? this.#decoder.decode(bytes)
      : this.#decoder.decode(bytes, { stream: Boolean(options.stream) });
  }

  get [Symbol.toStringTag](): string {
    return "TextDecoder";
  }
}

/** Decodes Base64 to bytes, as characters. */
export function atob(text: unknown): string {
  const given = String(text);
  needStack();
  try {
    return (0, runtimeAtob.value)(given);
  } catch (error) {
    throw shownError(error);
  }
}

/** Encodes bytes, given as characters, as Base64. */
export function btoa(text: unknown): string {
  const given = String(text);
  needStack();
  try {
    return (0, runtimeBtoa.value)(given);
  } catch (error) {
    throw shownError(error);
  }
}
