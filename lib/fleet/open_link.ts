/** Connects to the NATS server of a fleet in an init.yaml. */
import { InvalidConfiguration, whyUnreadable } from "../errors/mod.ts";
import { callerInbox } from "./link.ts";
import { NatsLink, readNatsCredentials } from "../transport/nats/mod.ts";

/** A fleet's NATS server. */
export interface FleetServer {
  readonly url: string;
  /** The path of a PEM file of certificates to trust besides the runtime's. */
  readonly ca?: string;
}

/** Connects with the credentials in the file FARCALL_NATS_CREDS. The caller closes the link. */
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

/** Also undefined if the program has no permission to read its environment. */
function credentialsFile(): string | undefined {
  try {
    return Deno.env.get("FARCALL_NATS_CREDS") || undefined;
  } catch {
    return undefined;
  }
}
