/** `farcall discover`: discovers peers. */
import { startPeer } from "../../lib/peer/mod.ts";
import { printLine } from "../output.ts";
import { verboseLog } from "./_options.ts";
import { shownPeers } from "./_shown.ts";

/** Probes every address of the network, or of this machine's networks, and prints the peers that answer. */
export async function discover(
  network: string | undefined,
  { address, json, verbose }: { address?: string; json?: true; verbose?: true },
): Promise<number> {
  await using log = await verboseLog(verbose);
  await using peer = await startPeer({ receives: false, address, log: log?.log });
  const found = await peer.discover({ network });
  if (json) {
    const peers = found.map(({ address, name, kind, machineId }) => ({
      address,
      name,
      kind,
      machine_id: machineId,
    }));
    printLine(JSON.stringify(peers));
  } else if (found.length === 0) printLine("no peer answered");
  else for (const line of shownPeers(found)) printLine(line);
  return 0;
}
