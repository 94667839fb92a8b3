/** Peers that connect and reset, as port scans and health checks do. */
import { connect } from "node:net";
import type { Load, LoadTarget } from "./_load.ts";
import { pause, played } from "./_raw.ts";

/** Resolves when the connection is reset, or was never made. */
function reset({ host, port }: LoadTarget): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      played.connections += 1;
      played.openedAtMs = performance.now();
      socket.resetAndDestroy();
    });
    socket.once("error", () => resolve());
    socket.once("close", () => resolve());
  });
}

export const loads: readonly Load[] = [1, 100, Infinity].map((perSecond): Load => ({
  name: `resets, ${perSecond === Infinity ? "without pause" : `${perSecond} a second`}`,
  memoryMiBMax: 50,
  logKiBPerSecondMax: 1024,
  async play(target, signal) {
    while (!signal.aborted) {
      await reset(target);
      if (perSecond !== Infinity) await pause(1000 / perSecond);
    }
  },
}));
