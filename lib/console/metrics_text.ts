/** Extracts the calls by client from a node's metrics, in Prometheus' text format. Pure. */
import type { CallCounts } from "./node_state.ts";

/** Calls of one client with one service. */
export interface ClientCalls extends CallCounts {
  readonly client: string;
  readonly service: string;
}

const family = "farcall_calls_total{";

/** The calls by service and client, summed over rpcs and outcomes. Ignores other lines. */
export function readClientCalls(text: string): ClientCalls[] {
  const counts = new Map<
    string,
    { client: string; service: string; calls: number; failures: number }
  >();
  for (let start = text.indexOf(family); start >= 0;) {
    const lineEnd = text.indexOf("\n", start);
    const end = lineEnd < 0 ? text.length : lineEnd;
    if (start === 0 || text[start - 1] === "\n") {
      const sample = readSample(text.slice(start + family.length, end));
      if (sample !== undefined) add(counts, sample);
    }
    start = text.indexOf(family, end);
  }
  return [...counts.values()];
}

interface CallSample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

function add(
  counts: Map<string, { client: string; service: string; calls: number; failures: number }>,
  { labels, value }: CallSample,
): void {
  const [client, service] = [labels.get("client"), labels.get("service")];
  if (client === undefined || service === undefined || !Number.isFinite(value)) return;
  const key = JSON.stringify([client, service]);
  const count = counts.get(key) ?? { client, service, calls: 0, failures: 0 };
  count.calls += value;
  if (labels.get("outcome") !== "ok") count.failures += value;
  counts.set(key, count);
}

/** Reads `name="value",…} 12`; undefined if malformed. */
function readSample(text: string): CallSample | undefined {
  const labels = new Map<string, string>();
  let at = 0;
  while (text[at] !== "}") {
    const equals = text.indexOf('="', at);
    if (equals < 0) return undefined;
    const name = text.slice(at, equals);
    let value = "";
    for (at = equals + 2; text[at] !== '"'; at++) {
      if (at >= text.length) return undefined;
      if (text[at] !== "\\") value += text[at];
      else value += text[++at] === "n" ? "\n" : text[at] ?? "";
    }
    labels.set(name, value);
    at += text[at + 1] === "," ? 2 : 1;
  }
  return { labels, value: Number(text.slice(at + 1).trim().split(" ")[0]) };
}
