/** Texts and their bytes. The runtime does the work behind these; nothing leads to its own objects. */
import { shownError } from "./dom_exception.ts";
import { needStack, runtimeGlobal } from "./stack_room.ts";

const RuntimeTextDecoder = globalThis.TextDecoder;
const encoder = new globalThis.TextEncoder();
const runtimeAtob = runtimeGlobal<(text: string) => string>("atob");
const runtimeBtoa = runtimeGlobal<(text: string) => string>("btoa");

/** UTF-8 out of texts. */
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

/** Texts out of bytes. */
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

/** Bytes, as characters, out of Base64. */
export function atob(text: unknown): string {
  const given = String(text);
  needStack();
  try {
    return (0, runtimeAtob.value)(given);
  } catch (error) {
    throw shownError(error);
  }
}

/** Base64 of bytes that are given as characters. */
export function btoa(text: unknown): string {
  const given = String(text);
  needStack();
  try {
    return (0, runtimeBtoa.value)(given);
  } catch (error) {
    throw shownError(error);
  }
}
