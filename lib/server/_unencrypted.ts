/** A warning for operators: keys keep others out, and hide nothing. */
import type { Log } from "../log/mod.ts";
import { formatAddress, type Listener } from "../transport/mod.ts";
import { isLoopback } from "./calls/access.ts";
import type { NodeContext } from "./node_context.ts";

/** Warns where keys are proved to a node, and what is called and answered can be read and changed on the way. */
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
