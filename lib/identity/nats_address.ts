/** Addresses of nodes that are reached through a NATS server: `nats:lab/s7`. */

/** The form of a fleet's name, which is one token of NATS's subjects, and its description for messages. */
export const fleetPattern = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
export const fleetForm = "letters, digits, _ and -, not beginning with -";

/** The form of a NATS URL, for messages. */
export const natsUrlForm =
  "nats://HOST:PORT or tls://HOST:PORT, several separated by commas; credentials come from the file " +
  "that FARCALL_NATS_CREDS names";

/** The servers of a URL, several for a cluster. @returns undefined if it is not a NATS URL. */
export function parseNatsUrl(text: string): readonly string[] | undefined {
  const servers = text.split(",").map((each) => each.trim());
  const areGood = servers.every((each) =>
    /^(nats|tls):\/\/[^/@]+\/?$/i.test(each) && URL.canParse(each)
  );
  return areGood ? servers.map((each) => each.replace(/\/$/, "")) : undefined;
}
