/** What a person should know of the spans that their call exports. */
import type { Farcall } from "../../lib/client/mod.ts";
import { traceProblems } from "../../lib/traces/mod.ts";
import { printNote } from "../output.ts";

/** Says what of the environment is not understood, so that no spans are exported, or others. */
export function printTraceProblems(): void {
  for (const problem of traceProblems()) printNote(`farcall: traces: ${problem}`);
}

/** Ends the connections, and says what became of the call's spans. */
export async function printExported(farcall: Farcall): Promise<void> {
  await farcall.close();
  const { exported, failure } = farcall.spans ?? { exported: 0 };
  const lost = failure === undefined ? "" : `; the others are lost: ${failure}`;
  printNote(`traces: ${exported} ${exported === 1 ? "span" : "spans"} exported${lost}`);
}
