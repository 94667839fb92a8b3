/** Notes on the spans that a call exports. */
import type { Farcall } from "../../lib/client/mod.ts";
import { traceProblems } from "../../lib/traces/mod.ts";
import { printNote } from "../output.ts";

/** Prints problems with the environment's settings. */
export function printTraceProblems(): void {
  for (const problem of traceProblems()) printNote(`farcall: traces: ${problem}`);
}

/** Closes the connections, and prints how many spans were exported. */
export async function printExported(farcall: Farcall): Promise<void> {
  await farcall.close();
  const { exported, failure } = farcall.spans ?? { exported: 0 };
  const lost = failure === undefined ? "" : `; the others are lost: ${failure}`;
  printNote(`traces: ${exported} ${exported === 1 ? "span" : "spans"} exported${lost}`);
}
