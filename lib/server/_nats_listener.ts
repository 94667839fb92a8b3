/** Listening through NATS: a node dials out, and has no address. */
import { InvalidConfiguration, whyUnreadable } from "../errors/mod.ts";
import type { Log } from "../log/mod.ts";
import type { Listener } from "../transport/mod.ts";
import { listenNats, NatsLink, readNatsCredentials } from "../transport/nats/mod.ts";

/** Where a node is reached through NATS. */
export interface NatsOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; of a cluster, several with commas between. */
  readonly url: string;
  /** The fleet's name. */
  readonly fleet: string;
  /** A file with certificates in PEM that the server's TLS may have, besides the runtime's. */
  readonly ca?: string;
  /** What services select the node by. Default: none. */
  readonly labels?: readonly string[];
  /** A file of what proves who the node is: credentials of NATS, the seed of an NKey, or `USER:PASSWORD`. */
  readonly credentials?: string;
}

/**
 * Connects, and takes connections to the node's name.
 *
 * @throws {NodeUnreachable} If NATS cannot be reached.
 * @throws {AddressNotAvailable} If it does not let this program be that node.
 * @throws {InvalidConfiguration} If a file cannot be read.
 */
export async function listenThroughNats(
  { url, fleet, ca, credentials }: NatsOptions,
  { node, log }: { readonly node: string; readonly log: Log },
): Promise<{ readonly listener: Listener; readonly link: NatsLink }> {
  const link = await NatsLink.open({
    url,
    name: `farcall node ${node}`,
    ...(ca !== undefined && { authorities: [await readCertificates(ca)] }),
    ...(credentials !== undefined && { credentials: await readNatsCredentials(credentials) }),
  });
  link.onBreak(() => {
    if (link.connection.isClosed()) return;
    log.warn("nats.lost", { url, message: "the connection to NATS was lost, and is tried again" });
  });
  link.onRenewal(() => log.info("nats.renewed", { url, server: link.connection.getServer() }));
  try {
    return { listener: await listenNats(link, { fleet, node, onDone: () => link.close() }), link };
  } catch (error) {
    await link.close();
    throw error;
  }
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    const why = whyUnreadable(cause);
    throw new InvalidConfiguration(`cannot read the certificates "${file}": ${why}`, [], { cause });
  }
}
