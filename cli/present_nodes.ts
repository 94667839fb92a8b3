/** The present nodes of a fleet, for commands that name nodes. */
import type { Configuration } from "../lib/config/mod.ts";

/** A file's servers, and the responding nodes of its fleet; without a fleet, the file unchanged. */
export async function withPresent(configuration: Configuration): Promise<Configuration> {
  if (configuration.nats === undefined) return configuration;
  const { withPresentNodes } = await import("../lib/fleet/resolve.ts");
  return await withPresentNodes(configuration);
}
