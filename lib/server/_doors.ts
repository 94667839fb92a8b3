/** Where connections to a node come in. */
import type { Turns } from "../channel/mod.ts";
import { type Limits, limitsWith } from "../limits/mod.ts";
import type { Listener, Transport } from "../transport/mod.ts";
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
  bounds: Limits,
): readonly Door[] {
  if (metricsListener === undefined) return [{ listener, surface: "all", places }];
  const max = bounds.metricConnectionsMax;
  const own = { connectionsMax: max, connectionsPerAddressMax: max, pendingBytesMax: Infinity };
  return [
    { listener, surface: "calls", places },
    {
      listener: metricsListener,
      surface: "probes",
      places: new Connections(limitsWith(own, bounds)),
    },
  ];
}

/** What the system and the runtime take to accept a connection and to read first from it, in milliseconds. */
const acceptMs = 0.03;

/**
 * Accepts connections until the listener is closed: as many in a turn of the event loop as there is time for, and no
 * more than could be driven out by each other before what they have sent is read.
 *
 * @param serve Takes one in, at once.
 */
export async function acceptAll(
  { listener, places }: Pick<Door, "listener" | "places">,
  turns: Turns,
  serve: (transport: Transport) => void,
): Promise<void> {
  const slice = turns.slice(() => "arrival");
  for (let count = 1;; count++) {
    const transport = await listener.accept();
    if (transport === null) return;
    slice.begin();
    serve(transport);
    if (!slice.settle(acceptMs) && count < places.unreadMax) continue;
    // A handshake takes round trips. Where there is room for few, the next ones wait in the system's queue meanwhile.
    const isHasty = places.takeHaste();
    await (isHasty && listener.isSecure
      ? new Promise((resolve) => setTimeout(resolve, 0))
      : slice.next());
    count = 0;
  }
}
