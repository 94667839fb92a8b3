/** Where connections to a node come in. */
import { limits } from "../limits/mod.ts";
import type { Listener } from "../transport/mod.ts";
import { Connections } from "./_connection_table.ts";
import type { HttpSurface } from "./json/http_routes.ts";

/** A listener, what it serves, and its room for connections. */
export interface Door {
  readonly listener: Listener;
  readonly surface: HttpSurface;
  readonly places: Connections;
}

/** Monitors with a port of their own find room there, however full the other is. */
export function doorsOf(
  { listener, metricsListener }: {
    readonly listener: Listener;
    readonly metricsListener?: Listener;
  },
  places: Connections,
): readonly Door[] {
  if (metricsListener === undefined) return [{ listener, surface: "all", places }];
  const max = limits.metricConnectionsMax;
  const bounds = { connectionsMax: max, connectionsPerAddressMax: max, pendingBytesMax: Infinity };
  return [
    { listener, surface: "calls", places },
    { listener: metricsListener, surface: "probes", places: new Connections(bounds) },
  ];
}
