/** URLs for scripts, backed by the runtime, whose objects stay private. */
const RuntimeURL = globalThis.URL;
const RuntimeParams = globalThis.URLSearchParams;

/** The runtime's object for a new facade; no script has one. */
class Existing<Value> {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

function* each<Item>(items: Iterable<Item>): Generator<Item, undefined> {
  for (const item of items) yield item;
  return undefined;
}

/** The query parameters of a URL. */
export class URLSearchParams {
  readonly #params: globalThis.URLSearchParams;

  constructor(init: unknown = "") {
    this.#params = init instanceof Existing ? init.value : new RuntimeParams(
      typeof init === "object" && init !== null ? pairsOf(init) : String(init),
    );
  }

  get size(): number {
    return this.#params.size;
  }

  append(name: unknown, value: unknown): void {
    this.#params.append(String(name), String(value));
  }

  delete(name: unknown, value?: unknown): void {
    if (value === undefined) this.#params.delete(String(name));
    else this.#params.delete(String(name), String(value));
  }

  get(name: unknown): string | null {
    return this.#params.get(String(name));
  }

  getAll(name: unknown): string[] {
    return this.#params.getAll(String(name));
  }

  has(name: unknown, value?: unknown): boolean {
    return value === undefined
      ? this.#params.has(String(name))
      : this.#params.has(String(name), String(value));
  }

  set(name: unknown, value: unknown): void {
    this.#params.set(String(name), String(value));
  }

  sort(): void {
    this.#params.sort();
  }

  forEach(callback: (value: string, name: string, params: this) => void, thisArg?: unknown): void {
    for (const [name, value] of this.#params) {
      Reflect.apply(callback, thisArg, [value, name, this]);
    }
  }

  entries(): IterableIterator<[string, string]> {
    return each(this.#params.entries());
  }

  keys(): IterableIterator<string> {
    return each(this.#params.keys());
  }

  values(): IterableIterator<string> {
    return each(this.#params.values());
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return each(this.#params.entries());
  }

  toString(): string {
    return this.#params.toString();
  }

  get [Symbol.toStringTag](): string {
    return "URLSearchParams";
  }
}

/** The initial parameters, read once and converted for the runtime. */
function pairsOf(init: object): string[][] {
  if (!(Symbol.iterator in init)) {
    return Object.entries(init).map(([name, value]) => [name, String(value)]);
  }
  return Array.from(init as Iterable<Iterable<unknown>>, (pair) => {
    const values = [...pair].map(String);
    if (values.length !== 2) throw new TypeError("a search parameter is a name and a value");
    return values;
  });
}

/** An address. */
export class URL {
  readonly #url: globalThis.URL;
  #params: URLSearchParams | undefined;

  constructor(url: unknown, base?: unknown) {
    if (url instanceof Existing) this.#url = url.value;
    else if (base === undefined) this.#url = new RuntimeURL(String(url));
    else this.#url = new RuntimeURL(String(url), String(base));
  }

  static parse(url: unknown, base?: unknown): URL | null {
    const parsed = base === undefined
      ? RuntimeURL.parse(String(url))
      : RuntimeURL.parse(String(url), String(base));
    return parsed && new URL(new Existing(parsed));
  }

  static canParse(url: unknown, base?: unknown): boolean {
    return base === undefined
      ? RuntimeURL.canParse(String(url))
      : RuntimeURL.canParse(String(url), String(base));
  }

  get searchParams(): URLSearchParams {
    this.#params ??= new URLSearchParams(new Existing(this.#url.searchParams));
    return this.#params;
  }

  get origin(): string {
    return this.#url.origin;
  }

  get href(): string {
    return this.#url.href;
  }

  set href(value: unknown) {
    this.#url.href = String(value);
  }

  get protocol(): string {
    return this.#url.protocol;
  }

  set protocol(value: unknown) {
    this.#url.protocol = String(value);
  }

  get username(): string {
    return this.#url.username;
  }

  set username(value: unknown) {
    this.#url.username = String(value);
  }

  get password(): string {
    return this.#url.password;
  }

  set password(value: unknown) {
    this.#url.password = String(value);
  }

  get host(): string {
    return this.#url.host;
  }

  set host(value: unknown) {
    this.#url.host = String(value);
  }

  get hostname(): string {
    return this.#url.hostname;
  }

  set hostname(value: unknown) {
    this.#url.hostname = String(value);
  }

  get port(): string {
    return this.#url.port;
  }

  set port(value: unknown) {
    this.#url.port = String(value);
  }

  get pathname(): string {
    return this.#url.pathname;
  }

  set pathname(value: unknown) {
    this.#url.pathname = String(value);
  }

  get search(): string {
    return this.#url.search;
  }

  set search(value: unknown) {
    this.#url.search = String(value);
  }

  get hash(): string {
    return this.#url.hash;
  }

  set hash(value: unknown) {
    this.#url.hash = String(value);
  }

  toString(): string {
    return this.#url.href;
  }

  toJSON(): string {
    return this.#url.href;
  }

  get [Symbol.toStringTag](): string {
    return "URL";
  }
}
