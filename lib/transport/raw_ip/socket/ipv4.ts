/** IPv4 addresses as numbers, as in packets: `10.0.0.1` is 0x0a000001. */

/** All addresses of this machine. */
export const anyAddress = 0;

/** Parses four numbers from 0 to 255. @returns undefined for any other text. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}

/** Dotted decimal notation. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${address >>> 16 & 255}.${address >>> 8 & 255}.${address & 255}`;
}

const familyIpv4 = 2;

/** Bytes of a `sockaddr_in`. */
export const socketAddressBytes = 16;

/** A `sockaddr_in`. */
export function socketAddress(address: number, port: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(socketAddressBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, familyIpv4, true);
  view.setUint16(2, port);
  view.setUint32(4, address);
  return bytes;
}
