/**
 * What a script finds when it looks around: the language, and what needs no permission. Everything else
 * of the runtime leaves the global scope before the first script is loaded.
 */

/** Globals of the language and of the web platform that reach nothing outside the process. */
const keptGlobals = new Set<PropertyKey>([
  // The language.
  ...["globalThis", "Infinity", "NaN", "undefined", "isFinite", "isNaN", "parseFloat", "parseInt"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape"],
  ...["Object", "Function", "Boolean", "Symbol", "Number", "BigInt", "Math", "Date", "Temporal"],
  ...["String", "RegExp", "Array", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Iterator"],
  ...[
    "ArrayBuffer",
    "SharedArrayBuffer",
    "DataView",
    "Atomics",
    "JSON",
    "Intl",
    "Reflect",
    "Proxy",
  ],
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
  ...["Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array"],
  ...["Float64Array", "Promise", "FinalizationRegistry", "Error", "AggregateError", "EvalError"],
  ...["RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError", "SuppressedError"],
  ...["DisposableStack", "AsyncDisposableStack"],
  // Of the web platform, what is pure.
  ...["console", "crypto", "Crypto", "CryptoKey", "SubtleCrypto", "performance", "structuredClone"],
  ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "queueMicrotask"],
  ...["TextEncoder", "TextDecoder", "URL", "URLSearchParams", "URLPattern", "atob", "btoa"],
  ...["AbortController", "AbortSignal", "Event", "EventTarget", "DOMException", "Blob"],
  ...["ReadableStream", "WritableStream", "TransformStream"],
  ...["CompressionStream", "DecompressionStream", "TextEncoderStream", "TextDecoderStream"],
]);

/**
 * Takes everything out of the global scope that is not known to be harmless.
 *
 * @param granted What a grant brings back, by name.
 */
export function scrubGlobalScope(granted: Readonly<Record<string, unknown>> = {}): void {
  for (const key of Reflect.ownKeys(globalThis)) {
    if (keptGlobals.has(key)) continue;
    const removed = Reflect.deleteProperty(globalThis, key);
    if (!removed) throw new Error(`cannot take ${String(key)} out of the global scope`);
  }
  for (const [name, value] of Object.entries(granted)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}
