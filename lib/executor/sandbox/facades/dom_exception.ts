/** DOMException for scripts. */

/** Names with a legacy code: the index in the list, from 1. */
const numbered = [
  ...["IndexSizeError", "", "HierarchyRequestError", "WrongDocumentError", "InvalidCharacterError"],
  ...[
    "",
    "NoModificationAllowedError",
    "NotFoundError",
    "NotSupportedError",
    "InUseAttributeError",
  ],
  ...["InvalidStateError", "SyntaxError", "InvalidModificationError", "NamespaceError"],
  ...["InvalidAccessError", "", "TypeMismatchError", "SecurityError", "NetworkError", "AbortError"],
  ...["URLMismatchError", "QuotaExceededError", "TimeoutError", "InvalidNodeTypeError"],
  ...["DataCloneError"],
];

/** An error of the platform. */
export class DOMException extends Error {
  readonly #name: string;

  constructor(message: unknown = "", options: unknown = "Error") {
    super(String(message));
    if (typeof options === "object" && options !== null) {
      const { name = "Error", cause } = options as { name?: unknown; cause?: unknown };
      this.#name = String(name);
      if ("cause" in options) {
        Object.defineProperty(this, "cause", { value: cause, writable: true, configurable: true });
      }
    } else this.#name = String(options);
  }

  override get name(): string {
    return this.#name;
  }

  get code(): number {
    return this.#name === "" ? 0 : numbered.indexOf(this.#name) + 1;
  }

  get [Symbol.toStringTag](): string {
    return "DOMException";
  }
}

for (const [index, name] of numbered.entries()) {
  if (name === "") continue;
  const constant = name.replace(/Error$/, "").replace(/(?<=[a-z])(?=[A-Z])|(?<=URL)/g, "_");
  const property = { value: index + 1, enumerable: true };
  for (const holder of [DOMException, DOMException.prototype]) {
    Object.defineProperty(holder, `${constant.toUpperCase()}_ERR`, property);
  }
}

/** The runtime's class, which scripts never get. */
const RuntimeDOMException = globalThis.DOMException;

/** An error of the runtime's, converted for scripts. */
export function shownError(thrown: unknown): unknown {
  if (!(thrown instanceof RuntimeDOMException)) return thrown;
  return new DOMException(thrown.message, thrown.name);
}
