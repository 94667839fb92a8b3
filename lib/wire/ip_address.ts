/** IP addresses as a node compares them. */

/** The one spelling of an IP literal; undefined where it is none. IPv4 in IPv6 becomes IPv4. */
export function canonicalAddress(text: string): string | undefined {
  if (isIpv4(text)) return text;
  if (!text.includes(":") || !/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return undefined;
  const url = `http://[${text}]/`;
  if (!URL.canParse(url)) return undefined;
  const address = new URL(url).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (mapped === null) return address;
  const [high, low] = [parseInt(mapped[1], 16), parseInt(mapped[2], 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}
