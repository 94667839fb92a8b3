/**
 * IP addresses and networks as text: their canonical spelling, and membership. An IPv4-mapped IPv6 address
 * (`::ffff:10.0.0.1`, RFC 4291 §2.5.5.2) equals the IPv4 address.
 */

/** The canonical spelling of an IP address, without brackets and zone; undefined if it is not one. */
export function canonicalAddress(text: string): string | undefined {
  if (isIpv4(text)) return text;
  const address = canonicalIpv6(text);
  const mapped = address && /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (!mapped) return address;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Whether a canonical address is the unspecified one, on which a listener means all addresses. */
export function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Whether a text is a host name: RFC 1123, plus underscores, which containers use. Excludes numeric addresses. */
export function isHostName(text: string): boolean {
  const labels = text.toLowerCase().split(".");
  return text.length <= 253 && !/^(\d+|0x[0-9a-f]*)$/.test(labels[labels.length - 1]!) &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}

const loopbackAddresses: readonly string[] = ["127.0.0.1", "::1"];

/** Addresses that a caller may have: one address, a network, or `localhost`, which has two. */
export class AddressRange {
  /** Its canonical spelling: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`. */
  readonly text: string;
  /** The first address, as 4 bytes of IPv4 or 16 of IPv6; undefined for a text that is not an address. */
  readonly #first: Uint8Array | undefined;
  readonly #bits: number;

  private constructor(text: string, first: Uint8Array | undefined, bits: number) {
    this.text = text;
    this.#first = first;
    this.#bits = bits;
  }

  /**
   * Reads `10.0.0.1`, `10.0.0.0/8`, `::1`, `fd00::/8` or `localhost`. Host bits of a network are cleared, as its `text`
   * shows.
   *
   * @returns undefined for any other text.
   */
  static parse(text: string): AddressRange | undefined {
    if (text === "localhost") return new AddressRange(text, undefined, 0);
    const match = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text);
    const address = match === null ? undefined : canonicalAddress(match[1]!);
    if (match === null || address === undefined) return undefined;
    const bytes = addressBytes(address);
    const bitsMax = 8 * bytes.length;
    if (match[2] === undefined) return new AddressRange(address, bytes, bitsMax);
    // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
    const bits = Number(match[2]) - (match[1]!.includes(":") ? 128 - bitsMax : 0);
    if (bits < 0 || bits > bitsMax) return undefined;
    const first = bytes.map((byte, index) => byte & maskOf(bits - 8 * index));
    const network = textOf(first);
    return new AddressRange(bits === bitsMax ? network : `${network}/${bits}`, first, bits);
  }

  /** As {@linkcode parse}; any other text matches only itself. */
  static of(text: string): AddressRange {
    return AddressRange.parse(text) ?? new AddressRange(text, undefined, 0);
  }

  /** Whether it contains an address. An IPv6 network contains no IPv4 address. */
  holds(address: string): boolean {
    if (address === this.text) return true;
    if (this.text === "localhost") {
      const canonical = canonicalAddress(address);
      return canonical !== undefined && loopbackAddresses.includes(canonical);
    }
    const first = this.#first;
    if (first === undefined || (this.#bits === 32 && first.length === 4 && isIpv4(address))) {
      return false;
    }
    const canonical = canonicalAddress(address);
    if (canonical === undefined) return false;
    const bytes = addressBytes(canonical);
    return bytes.length === first.length &&
      bytes.every((byte, index) => (byte & maskOf(this.#bits - 8 * index)) === first[index]);
  }
}

/**
 * Groups addresses that one stranger can easily obtain: an IPv4 address, an IPv6 /64; any other text is its own group.
 */
export function addressGroup(address: string): string {
  return address.includes(":") ? ipv6Group(address) : address;
}

const ipv6Group = remembering((address) => AddressRange.parse(`${address}/64`)?.text ?? address);

/** The mask of a byte with this many leading bits, clamped to 0 to 8. */
function maskOf(bits: number): number {
  return bits >= 8 ? 255 : bits <= 0 ? 0 : 255 & ~(255 >> bits);
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** In the spelling of RFC 5952, except for the dotted form of mapped addresses. */
function canonicalIpv6(text: string): string | undefined {
  if (!text.includes(":") || !/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return undefined;
  return spelling(text);
}

const spelling = remembering((text) => {
  const url = `http://[${text}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
});

/** The number of addresses whose spelling and group are remembered, and their longest. */
const rememberedMax = 512;
const rememberedLengthMax = 64;

/** A function that remembers its recent results: a node needs those of each peer several times. */
function remembering<T>(resultOf: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = resultOf(text);
    if (text.length > rememberedLengthMax) return result;
    if (results.size >= rememberedMax) results.clear();
    results.set(text, result);
    return result;
  };
}

/** The bytes of a canonical address. */
export function addressBytes(address: string): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split("."), Number);
  const [head = [], tail] = address.split("::").map((half) =>
    half === "" ? [] : half.split(":").map((group) => parseInt(group, 16))
  );
  const groups = tail === undefined
    ? head
    : [...head, ...new Array(8 - head.length - tail.length).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  );
  return canonicalAddress(groups.join(":"))!;
}
