/** Listens for connections over raw IP or UDP. */
import { AddressNotAvailable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Listener, Transport } from "../mod.ts";
import { ConnectionTransport } from "./_connection_transport.ts";
import { EndpointDriver } from "./_endpoint_driver.ts";
import { cannotListen, formatEnd, noIpv4 } from "./_problems.ts";
import type { Connection } from "./engine/mod.ts";
import { formatIpv4, parseIpv4 } from "./socket/mod.ts";

/**
 * Listens on an IPv4 address.
 *
 * @param port 0 lets the system choose.
 * @param options `protocol`: the IP header's protocol number, 17 for UDP.
 * @throws {AddressInUse} If another program listens there.
 * @throws {AddressNotAvailable} If the address is not this machine's, or a permission or privilege is missing.
 */
export function listenPackets(
  host: string,
  port: number,
  { protocol }: { readonly protocol: number },
): Listener {
  const address = parseIpv4(host);
  const end = { host, port, protocol };
  if (address === undefined) {
    throw new AddressNotAvailable(`cannot listen on ${formatEnd(end)}: ${noIpv4(host)}`);
  }
  try {
    return new PacketListener(address, { port, protocol });
  } catch (cause) {
    throw cannotListen(end, cause);
  }
}

class PacketListener implements Listener {
  readonly host: string;
  readonly port: number;
  readonly carrier: "ip" | "udp";
  onShortage?: () => void;
  readonly #driver: EndpointDriver;
  readonly #waiting: Connection[] = [];
  readonly #takers: ((transport: Transport | null) => void)[] = [];
  #isClosed = false;

  constructor(
    address: number,
    { port, protocol }: { readonly port: number; readonly protocol: number },
  ) {
    this.#driver = new EndpointDriver({
      protocol,
      localHost: address,
      localPort: port,
      onConnection: (connection) => this.#take(connection),
    });
    this.host = formatIpv4(this.#driver.localHost);
    this.port = this.#driver.localPort;
    this.carrier = this.#driver.carrier;
  }

  accept(): Promise<Transport | null> {
    for (;;) {
      const connection = this.#waiting.shift();
      if (connection === undefined) break;
      if (connection.failure === undefined) return Promise.resolve(this.#transportOf(connection));
    }
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of this.#waiting.splice(0)) connection.reset();
    for (const taker of this.#takers.splice(0)) taker(null);
    this.#driver.close();
  }

  #take(connection: Connection): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(this.#transportOf(connection));
    else if (this.#isClosed || this.#waiting.length >= limits.packetBacklogMax) connection.reset();
    else this.#waiting.push(connection);
  }

  #transportOf(connection: Connection): Transport {
    return new ConnectionTransport(connection, this.#driver);
  }
}
