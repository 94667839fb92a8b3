/**
 * Holds routes like a node and prints, for each kind, their size as counted and as measured by V8. Needs `--expose-gc`.
 */
import { costOfRoute } from "../../../lib/server/memory/costs.ts";
import { decodeRoute, type Route } from "../../../lib/protocol/mod.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";

const { gc } = globalThis as unknown as { gc: () => void };
const count = 300;
/** V8's own memory, which differs by hundreds of KiB from run to run, must not matter beside small routes. */
const smallCount = 3000;

const kinds: Record<string, (number: number) => Partial<Route>> = {
  "usual": (number) => ({ rpc: `add${number}`, argumentTypes: ["int", "int"] }),
  "empty types": () => ({ argumentTypes: Array(5000).fill("") }),
  "types that are all alike": () => ({ argumentTypes: Array(5000).fill("int") }),
  "types that are all different": (number) => ({
    argumentTypes: Array.from({ length: 3000 }, (_, index) => `t${number}_${index}`),
  }),
  "a long name": (number) => ({ rpc: `${number}`.padStart(30_000, "x") }),
  "a long name of wide characters": (number) => ({ rpc: `${number}`.padStart(10_000, "é€") }),
  "a long name with one wide character": (number) => ({ rpc: `${number}€`.padStart(30_000, "x") }),
};

function usedBytes(): number {
  gc();
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

function bodyOf(of: (number: number) => Partial<Route>, number: number): Uint8Array {
  const usual = { service: "math", rpc: "add", argumentTypes: [], returnTypes: [] };
  return encodeJson({ ...usual, ...of(number) });
}

// Memory for V8's initial compilation and feedback does not belong to routes.
for (const of of Object.values(kinds)) {
  for (let number = 0; number < 50; number++) {
    const body = bodyOf(of, number);
    costOfRoute(decodeRoute(body), body.length);
  }
}

for (const [name, of] of Object.entries(kinds)) {
  const length = name === "usual" ? smallCount : count;
  const bodies = Array.from({ length }, (_, number) => bodyOf(of, number));
  const kept = new Map<number, { route: Route; cost: number }>();
  let cost = 0;
  const before = usedBytes();
  for (const [number, body] of bodies.entries()) {
    const route = decodeRoute(body);
    kept.set(number, { route, cost: costOfRoute(route, body.length) });
    cost += costOfRoute(route, body.length);
  }
  const real = usedBytes() - before;
  const line = JSON.stringify({ name, cost, real, count: kept.size });
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
