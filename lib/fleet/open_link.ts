/** Connecting to the NATS server of a fleet, as an init.yaml names it. */
import { InvalidConfiguration, whyUnreadable } from "../errors/mod.ts";
import { callerInbox } from "./link.ts";
import { NatsLink, readNatsCredentials } from "../transport/nats/mod.ts";

/** A fleet's NATS server. */
export interface FleetServer {
  readonly url: string;
  /** The path of a file with certificates in PEM that are good besides those of the runtime. */
  readonly ca?: string;
}

/** Connects with the credentials that FARCALL_NATS_CREDS names. The caller closes the link. */
export async function openFleetLink({ url, ca }: FleetServer): Promise<NatsLink> {
  const file = credentialsFile();
  return await NatsLink.open({
    url,
    name: "farcall",
    inboxPrefix: callerInbox,
    ...(ca !== undefined && { authorities: [await readCertificates(ca)] }),
    ...(file !== undefined && { credentials: await readNatsCredentials(file) }),
  });
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    const why = whyUnreadable(cause);
    throw new InvalidConfiguration(`cannot read the certificates "${file}": ${why}`, [], { cause });
  }
}

/** Undefined, too, where a program may not look at its environment. */
function credentialsFile(): string | undefined {
  try {
    return Deno.env.get("FARCALL_NATS_CREDS") || undefined;
  } catch {
    return undefined;
  }
}
