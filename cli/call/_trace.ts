/** Prints the phases of one call. */
import { type CallTrace, type TracePhase, tracePhases } from "../../lib/client/mod.ts";

const meanings: Readonly<Record<TracePhase, string>> = {
  resolve: "what to call, and where",
  connect: "a connection to the node",
  handshake: "the node's greeting",
  queue: "for an executor, at the node",
  execute: "the script, and the way to its process",
  transfer: "there and back",
};

const barWidth = 30;

/** A line per phase, and one for the total. */
export function traceText(trace: CallTrace): string {
  const { totalMs } = trace;
  const line = (name: string, ms: number | undefined, rest: string): string =>
    `${name.padEnd(9)} ${
      ms === undefined ? "        –" : `${ms.toFixed(2).padStart(9)} ms`
    }  ${rest}`
      .trimEnd();
  const lines = tracePhases.map((phase) => {
    const ms = trace.get(phase);
    const bar = "█".repeat(Math.round(barWidth * (ms ?? 0) / totalMs));
    return line(phase, ms, `${meanings[phase].padEnd(40)}${bar}`);
  });
  return [...lines, line("total", totalMs, "")].join("\n");
}
