/** A node's listeners. */
import type { Turns } from "../channel/mod.ts";
import { type Limits, limitsWith } from "../limits/mod.ts";
import type { Listener, Transport } from "../transport/mod.ts";
import { Connections } from "./_connection_table.ts";
import type { HttpSurface } from "./json/http_routes.ts";

/** A listener, its HTTP routes, and its connection table. */
export interface NodeListener {
  readonly listener: Listener;
  readonly surface: HttpSurface;
  readonly places: Connections;
}

/** A monitors' port has its own table, so that it works even if the node is full. */
export function listenersOf(
  { listener, metricsListener }: {
    readonly listener: Listener;
    readonly metricsListener?: Listener;
  },
  places: Connections,
  bounds: Limits,
): readonly NodeListener[] {
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

/** The cost in milliseconds of accepting a connection and its first read. */
const acceptMs = 0.03;

/**
 * Accepts connections until the listener is closed: as many in an event-loop turn as time allows, but not so many that
 * they would evict each other before their first bytes are read.
 *
 * @param serve Starts serving a connection; synchronous.
 */
export async function acceptAll(
  { listener, places }: Pick<NodeListener, "listener" | "places">,
  turns: Turns,
  serve: (transport: Transport) => void,
): Promise<void> {
  const slice = turns.slice(() => "arrival");
  let most = places.unreadMax;
  for (let count = 1;; count++) {
    const transport = await listener.accept();
    if (transport === null) return;
    slice.begin();
    serve(transport);
    if (!slice.settle(acceptMs) && count < most) continue;
    most = places.unreadMax;
    const pace = places.takePace();
    if (listener.isSecure && pace < Infinity) {
      // A handshake takes round trips. If few places are free, further connections wait in the system's queue
      // meanwhile; the longer the turn, the more of them are accepted after it.
      const sinceMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 0));
      most = Math.max(most, pace * (performance.now() - sinceMs));
    } else {
      await slice.next();
    }
    count = 0;
  }
}
