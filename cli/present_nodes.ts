/** The nodes of a fleet that are there, for commands that name nodes. */
import type { Configuration } from "../lib/config/mod.ts";

/** A file's servers, and the nodes of its fleet that answer; without a fleet, the file as it is. */
export async function withPresent(configuration: Configuration): Promise<Configuration> {
  if (configuration.nats === undefined) return configuration;
  const { withPresentNodes } = await import("../lib/fleet/resolve.ts");
  return await withPresentNodes(configuration);
}
