/** Calls by client, parsed from a node's metrics, with any names. */
import assert from "node:assert/strict";
import { readClientCalls } from "../../lib/console/metrics_text.ts";

Deno.test("calls are summed by client and service, whatever their names, and other lines ignored", () => {
  const text = [
    "# TYPE farcall_calls_total counter",
    'farcall_calls_total{service="math",rpc="add",client="c1",outcome="ok"} 3',
    'farcall_calls_total{service="math",rpc="mean",client="c1",outcome="Execution Exception"} 2',
    'farcall_calls_total{service="constructor",rpc="a",client="q\\"}\\n\\\\",outcome="ok"} 1 1700000000',
    'not_farcall_calls_total{service="math",client="c1",outcome="ok"} 9',
    'farcall_calls_total{service="math",client="c1',
    'farcall_calls_total{service="math"} 4',
    'farcall_calls_total{service="math",client="c2",outcome="ok"} NaN',
    "",
  ].join("\n");
  assert.deepEqual(readClientCalls(text), [
    { client: "c1", service: "math", calls: 5, failures: 2 },
    { client: 'q"}\n\\', service: "constructor", calls: 1, failures: 0 },
  ]);
});
