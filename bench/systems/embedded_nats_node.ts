/** A node in this process that is called through NATS: real sessions, access and dispatch, with a function of ours. */
import { openContext } from "../../lib/context/mod.ts";
import { InProcessExecutor } from "../../lib/executor/mod.ts";
import { readServices } from "../../lib/embedded/_manifest.ts";
import { atOnce } from "../../lib/encoding/mod.ts";
import type { SigningKey } from "../../lib/identity/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { callTargets } from "../../lib/manifest/mod.ts";
import { FarcallNode, liveGeneration, SeriesRoom, ServiceStats } from "../../lib/server/mod.ts";
import { listenNats, type NatsLink } from "../../lib/transport/nats/mod.ts";
import { rpc } from "../../mod.ts";

/** Serves `a.value` to the client c1, which is known by its key. */
export async function embedThroughNats(
  link: NatsLink,
  { fleet, name, key, clientKey }: {
    readonly fleet: string;
    readonly name: string;
    readonly key: SigningKey;
    readonly clientKey: string;
  },
): Promise<FarcallNode> {
  const { manifest, overloads } = await readServices({
    clients: { c1: { key: clientKey } },
    services: { a: { value: rpc([], ["int"], () => 1) } },
  });
  await openContext();
  let calls = 0;
  const seriesRoom = new SeriesRoom(limits);
  const live = atOnce(liveGeneration(0, manifest, (service) => ({
    executor: new InProcessExecutor({
      service: service.name,
      overloads: overloads.get(service.name)!,
      limits: service.limits ?? {},
      targets: callTargets(service, manifest.services),
      node: { nextNumber: () => ++calls },
      bounds: limits,
    }),
    refusal: undefined,
    stats: new ServiceStats(seriesRoom),
  })));
  const listener = await listenNats(link, { fleet, node: name, key });
  const parts = { listener, live: { ...live, isEmbedded: true as const }, name, hostNames: [] };
  return await FarcallNode.embed({ ...parts, bounds: limits });
}
