/** The compared transports, and both ends of a connection over each. */
import { connectTcp, type Listener, listenTcp, type Transport } from "../../lib/transport/mod.ts";
import { connectPackets, listenPackets } from "../../lib/transport/raw_ip/mod.ts";

export const carriers = ["tcp", "udp", "ip"] as const;
export type Carrier = typeof carriers[number];

const timeoutMs = 20_000;

export function listenOver(carrier: Carrier, host: string, port: number): Listener {
  if (carrier === "tcp") return listenTcp(host, port);
  return listenPackets(host, port, { protocol: protocolOf(carrier) });
}

export function connectOver(carrier: Carrier, host: string, port: number): Promise<Transport> {
  if (carrier === "tcp") return connectTcp(host, port, { timeoutMs });
  return connectPackets(host, port, { timeoutMs, protocol: protocolOf(carrier) });
}

function protocolOf(carrier: "udp" | "ip"): number {
  return carrier === "udp" ? 17 : 170;
}
