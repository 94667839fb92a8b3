/** Formats values in source notation. */
import { limits } from "../limits/mod.ts";
import { itemsOf, ownText, typedArrayOf } from "./_kinds.ts";
import { attempted, classNameOf, dataOf, holdersOf, isTrusted, withoutProxy } from "./_reading.ts";
import { errorIn } from "./errors.ts";

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { isArray } = Array;
const now = Date.now;

/** How a value is shown. */
export interface InspectOptions {
  /** Nesting levels that are shown; at most 50. Default: 4. */
  readonly depth?: number;
}

const depthDefault = 4;
/** Deeper values would exhaust the stack. */
const depthMax = 50;
/** Items of one list, and properties of one object. */
const itemsMax = 100;
/** Longer lists are not searched for extra properties, which would take long. */
const listLengthMax = 10_000;

/**
 * Formats a value in one line of source notation; errors with their stacks. Bounded in depth, length (about
 * `limits.scriptLogLineBytesMax` characters) and time. Never throws, and never runs the value's code: getters are named
 * but not called, and proxies are shown as their targets.
 */
export function inspect(value: unknown, { depth = depthDefault }: InspectOptions = {}): string {
  try {
    return new Inspection(Math.min(Math.max(depth, 0), depthMax)).text(value);
  } catch {
    return "(a value that cannot be shown)"; // The stack is exhausted.
  }
}

/** As {@linkcode inspect}, but a string stays unquoted. */
export function inspectBare(value: unknown, options?: InspectOptions): string {
  return typeof value === "string" ? value : inspect(value, options);
}

/** The descriptive getters of platform objects. */
const shownGetters: readonly string[] = [
  ...["href", "url", "method", "status", "statusText", "ok", "type", "name", "message", "code"],
  ...["size", "lastModified", "aborted", "defaultPrevented"],
];

class Inspection {
  readonly #depth: number;
  readonly #path: object[] = [];
  /** Circular objects, in the order of discovery. */
  readonly #circular: object[] = [];
  readonly #endMs = now() + limits.scriptLogShowMs;
  #lengthLeft = limits.scriptLogLineBytesMax;

  constructor(depth: number) {
    this.#depth = depth;
  }

  text(value: unknown): string {
    if (typeof value === "function" || (typeof value === "object" && value !== null)) {
      return this.#objectText(value);
    }
    return this.#counted(primitiveText(value, this.#lengthLeft));
  }

  #counted(text: string): string {
    this.#lengthLeft -= text.length + 2;
    return text;
  }

  get #isSpent(): boolean {
    return this.#lengthLeft <= 0 || now() > this.#endMs;
  }

  #objectText(given: object): string {
    const object = withoutProxy(given);
    if (object === undefined) return this.#counted("[revoked Proxy]");
    if (this.#path.includes(object)) {
      if (!this.#circular.includes(object)) this.#circular.push(object);
      return this.#counted(`[Circular *${this.#circular.indexOf(object) + 1}]`);
    }
    const own = ownText(object);
    if (this.#path.length > this.#depth) {
      return this.#counted(own ?? `[${classNameOf(object) ?? "Object"}]`);
    }
    this.#path.push(object);
    const text = own === undefined ? this.#plainText(object) : this.#describedText(object, own);
    this.#path.pop();
    const reference = this.#circular.indexOf(object) + 1;
    return reference === 0 ? text : `<ref *${reference}> ${text}`;
  }

  /** Objects with a text of their own, and extra properties. */
  #describedText(object: object, own: string): string {
    this.#counted(own);
    const isErrorObject = errorIn(object) !== undefined;
    const skipped = isErrorObject
      ? errorKeys
      : String(own).startsWith("[String: ")
      ? isIndex
      : none;
    const properties = this.#properties(object, skipped);
    const text = properties.length === 0 ? own : `${own} { ${properties.join(", ")} }`;
    return isErrorObject ? text + this.#causes(object) : text;
  }

  #causes(error: object): string {
    const errors = dataOf(error, "errors");
    const all = isArray(errors) ? this.#list(errors, errors.length) : [];
    const cause = dataOf(error, "cause");
    return [
      ...all.map((text) => `\nOne of its errors: ${text}`),
      ...cause === undefined ? [] : [`\nCaused by: ${this.text(cause)}`],
    ].join("");
  }

  #plainText(object: object): string {
    const name = classNameOf(object);
    if (isArray(object)) {
      const head = name === "Array" ? "" : `${name ?? "Array"}(${object.length}) `;
      return this.#listText(object, object.length, head);
    }
    const typed = typedArrayOf(object);
    if (typed !== undefined) {
      return this.#listText(object, typed.length, `${name ?? typed.kind}(${typed.length}) `);
    }
    const items = itemsOf(object);
    if (items !== undefined) {
      const shown: string[] = [];
      for (let index = 0; index < items.size; index++) {
        if (index >= itemsMax || this.#isSpent) {
          shown.push(more(items.size - index));
          break;
        }
        const item = items.next();
        if (item === undefined) break;
        shown.push(item.map((part) => this.text(part)).join(" => "));
      }
      shown.push(...this.#properties(object, none));
      return `${name ?? items.kind}(${items.size}) ${braced(shown)}`;
    }
    return headOf(object, name) + braced([
      ...this.#platformProperties(object),
      ...this.#properties(object, none),
    ]);
  }

  #listText(list: object, length: number, head: string): string {
    const shown = this.#list(list, length);
    if (length <= listLengthMax) shown.push(...this.#properties(list, isIndex));
    return shown.length === 0 ? `${head}[]` : `${head}[ ${shown.join(", ")} ]`;
  }

  #list(list: object, length: number): string[] {
    const shown: string[] = [];
    let index = 0;
    while (index < length) {
      if (shown.length >= itemsMax || this.#isSpent) return [...shown, more(length - index)];
      const property = getOwnPropertyDescriptor(list, index);
      if (property !== undefined) {
        shown.push(this.#propertyText(property));
        index += 1;
        continue;
      }
      const begin = index;
      // A list may consist of billions of holes.
      while (index < length && index - begin < listLengthMax && !Object.hasOwn(list, index)) {
        index += 1;
      }
      if (index - begin === listLengthMax) return [...shown, more(length - begin)];
      shown.push(this.#counted(`<${index - begin} empty item${index - begin === 1 ? "" : "s"}>`));
    }
    return shown;
  }

  #properties(object: object, isSkipped: (key: PropertyKey) => boolean): string[] {
    const shown: string[] = [];
    const keys = ownKeys(object);
    for (const [index, key] of keys.entries()) {
      if (isSkipped(key)) continue;
      if (shown.length >= itemsMax || this.#isSpent) return [...shown, more(keys.length - index)];
      const property = getOwnPropertyDescriptor(object, key);
      if (property?.enumerable !== true) continue;
      shown.push(`${this.#counted(keyText(key))}: ${this.#propertyText(property)}`);
    }
    return shown;
  }

  #propertyText({ get, set, value }: PropertyDescriptor): string {
    if (get === undefined && set === undefined) return this.text(value);
    if (get === undefined) return this.#counted("[Setter]");
    return this.#counted(set === undefined ? "[Getter]" : "[Getter/Setter]");
  }

  /** The getters' values of a platform object, which has no own properties. */
  #platformProperties(object: object): string[] {
    const shown: string[] = [];
    for (const holder of holdersOf(object)) {
      if (!isTrusted(holder) || holder === object) continue;
      for (const key of shownGetters) {
        const getter = getOwnPropertyDescriptor(holder, key)?.get;
        if (getter === undefined) continue;
        const value = attempted(getter, object);
        if (value !== undefined && typeof value !== "object") {
          shown.push(`${key}: ${this.text(value)}`);
        }
      }
    }
    return shown;
  }
}

function primitiveText(value: unknown, lengthMax: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, Math.max(lengthMax, 0)));
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : String(value);
}

function headOf(object: object, name: string | undefined): string {
  if (getPrototypeOf(object) === null) return "[Object: null prototype] ";
  const tag = dataOf(object, Symbol.toStringTag);
  const shownTag = typeof tag === "string" && tag !== "" && tag !== name ? `[${tag}] ` : "";
  if (name === undefined || name === "Object") return shownTag === "" ? "" : `Object ${shownTag}`;
  return `${name} ${shownTag}`;
}

function braced(parts: readonly string[]): string {
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function more(count: number): string {
  return `... ${count} more item${count === 1 ? "" : "s"}`;
}

function keyText(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${String(key)}]`;
  const name = String(key);
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function none(): boolean {
  return false;
}

function isIndex(key: PropertyKey): boolean {
  return typeof key === "string" && /^\d+$/.test(key);
}

function errorKeys(key: PropertyKey): boolean {
  return key === "name" || key === "message" || key === "stack" || key === "cause" ||
    key === "errors";
}
