/** The cost of checking payloads for duplicate keys, relative to decoding them, in one run. */
import { checkJson, mayRepeatKeys } from "../lib/encoding/json_scan.ts";
import { encodePayload } from "../lib/types/payload.ts";
import { compileSignature } from "../lib/types/signature.ts";

function list(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(",");
}

const payloads: [what: string, type: string, json: string, keys: number][] = [
  ["one int", "int", "[2]", 0],
  ["1000 ints", "List[int]", `[[${list(1000, String)}]]`, 0],
  ["a Dict of 1", "Dict[str, int]", '[{"a":1}]', 1],
  ["a Dict of 8", "Dict[str, int]", `[{${list(8, (index) => `"key${index}":${index}`)}}]`, 8],
  ["a Dict of 64", "Dict[str, int]", `[{${list(64, (index) => `"key${index}":${index}`)}}]`, 64],
  [
    "200 Dicts of 3",
    "List[Dict[str, int]]",
    `[[${list(200, (index) => `{"a":${index},"b":2,"c":3}`)}]]`,
    600,
  ],
  [
    "a Dict of 50 texts",
    "Dict[str, str]",
    `[{${list(50, (index) => `"key${index}":"some text of usual length ${index}"`)}}]`,
    50,
  ],
];

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** The minimum time of many runs, in microseconds. */
function leastUs(work: () => void, repeats: number): number {
  let best = Infinity;
  for (let round = 0; round < 20; round++) {
    const startMs = performance.now();
    for (let count = 0; count < repeats; count++) work();
    best = Math.min(best, (performance.now() - startMs) * 1000 / repeats);
  }
  return best;
}

print("| payload | decode | of it the quick look | an exact one |");
print("| ------- | ------ | -------------------- | ------------ |");
for (const [what, type, json, keys] of payloads) {
  const { decodeArguments } = compileSignature({ args: [type], returns: [] });
  const payload = encodePayload(json, []);
  const repeats = Math.max(50, Math.floor(2_000_000 / json.length));
  const decodeUs = leastUs(() => decodeArguments(payload), repeats);
  const lookUs = keys === 0 ? 0 : leastUs(() => mayRepeatKeys(json, keys), repeats);
  const exactUs = leastUs(() => checkJson(json), repeats);
  const percent = (100 * lookUs / decodeUs).toFixed(0);
  print(
    `| ${what} | ${decodeUs.toFixed(2)} µs | ${lookUs.toFixed(2)} µs, ${percent} % | ` +
      `${exactUs.toFixed(2)} µs |`,
  );
}
