/** Resolves recipients. */
import { canonicalAddress, isUnspecified } from "../identity/mod.ts";

/** Whether a text is an IPv4 address. */
export function isIpv4(text: string): boolean {
  return !text.includes(":") && canonicalAddress(text) !== undefined;
}

/**
 * The address of a recipient.
 *
 * @param names Returns the address of the only peer with a name.
 * @throws {TypeError} If it is neither an IPv4 address nor the name of a known peer.
 */
export function recipientAddress(
  to: string,
  names: { addressOf(name: string): string | undefined },
): string {
  if (isIpv4(to) && !isUnspecified(to) && to !== "255.255.255.255") return to;
  const address = names.addressOf(to);
  if (address !== undefined) return address;
  throw new TypeError(
    to.includes(":")
      ? `"${to}" is no IPv4 address: peers speak IPv4 alone`
      : `"${to}" is neither an IPv4 address such as 10.0.0.2 nor the name of one peer that was found; ` +
        "farcall discover lists the peers",
  );
}
