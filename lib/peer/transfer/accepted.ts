/** Decides which senders' files are accepted. */
import { AddressRange, isPublicKey, type PublicKey } from "../../identity/mod.ts";

/** A sender, as far as it is identified. */
export interface FileOrigin {
  /** Its address, proved by the connection. */
  readonly host: string;
  /** The key that it has proved, if any. */
  readonly key: PublicKey | undefined;
  /** Whether it has introduced itself. */
  readonly isIntroduced: boolean;
}

/** A rule for senders of files. */
export interface Accepted {
  /** Why a farcall's file is refused; undefined if it is accepted. */
  whyNot(origin: FileOrigin): string | undefined;
  /** Whether files of the original program are accepted, which cannot introduce itself. */
  takesChunksFrom(host: string): boolean;
}

/**
 * Parses a rule.
 *
 * @param texts Addresses, networks, public keys, or `any`. Default: peers that have introduced themselves, and the
 *   original program.
 * @throws {TypeError} If one is invalid.
 */
export function parseAccepted(texts: readonly string[] | undefined): Accepted {
  if (texts === undefined) {
    return {
      whyNot: ({ isIntroduced }) =>
        isIntroduced
          ? undefined
          : "it accepts files only from peers that have introduced themselves",
      takesChunksFrom: () => true,
    };
  }
  const keys = new Set<PublicKey>();
  const ranges: AddressRange[] = [];
  let isAny = false;
  for (const text of texts) {
    const range = AddressRange.parse(text);
    if (text === "any") isAny = true;
    else if (isPublicKey(text)) keys.add(text);
    else if (range !== undefined) ranges.push(range);
    else {
      throw new TypeError(
        `"${text}" is not a sender to accept: give an address, a network such as 10.0.0.0/8, a public key ` +
          "(ed25519:…) or any",
      );
    }
  }
  const holds = (host: string): boolean => isAny || ranges.some((range) => range.holds(host));
  return {
    whyNot: ({ host, key }) => {
      if (holds(host) || key !== undefined && keys.has(key)) return undefined;
      if (keys.size === 0) return `it does not take files from ${host}`;
      return key === undefined
        ? `it takes files from certain keys, and ${host} has proved none; send with --key`
        : `it does not take files from the key ${key}`;
    },
    takesChunksFrom: holds,
  };
}
