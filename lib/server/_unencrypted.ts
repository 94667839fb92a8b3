/** Warns operators that keys authenticate but do not encrypt. */
import type { Log } from "../log/mod.ts";
import { formatAddress, type Listener } from "../transport/mod.ts";
import { isLoopback } from "./calls/access.ts";
import type { NodeContext } from "./node_context.ts";

/** Warns if callers prove keys over unencrypted connections, on which traffic can be read and altered. */
export function warnIfUnencrypted(
  { host, port, isSecure, carrier }: Listener,
  { deployKeys, services, log }: Pick<NodeContext, "deployKeys" | "services"> & {
    readonly log: Log;
  },
): void {
  const hasKeys = deployKeys.size > 0 || services.live.clients.some(({ key }) => key !== undefined);
  const isOpen = isSecure !== true && !isLoopback(host) && carrier !== "nats";
  if (!isOpen || !hasKeys) return;
  log.warn("node.unencrypted", {
    address: formatAddress(host, port),
    message: "callers prove keys here, but their traffic is not encrypted: it can be read and " +
      'altered on the way; serve with --tls-cert and --tls-key ("farcall keygen --tls" makes both)',
  });
}
