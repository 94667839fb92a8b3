/** The deployment of the node in the golden transcripts. Changing a script only changes its id. */
import { scriptIdOf } from "../lib/identity/mod.ts";
import { bytesOf, type TestDeployment } from "./_support/nodes/node.ts";
import type { Ids } from "./_transcript.ts";

/** The scripts, by their `{{name}}` in a transcript. */
const scripts = {
  add: "export const add = (a, b) => a + b;\n",
  concat: "export const add = (a, b) => a + b; // of texts\n",
  div_mod: "export const div_mod = (a, b) => [Math.trunc(a / b), a % b];\n",
  echo: "export const echo = (...values) => values;\n",
  reverse: "export const reverse = (bytes) => bytes.toReversed();\n",
  nothing: "export const nothing = () => {};\n",
  fail: "export function fail(why) { throw new Error(why); }\n",
  lie: 'export const lie = () => "five";\n',
  sleep: "export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));\n",
  open: "export const open = () => {};\n",
  count: "export async function* count(n) { for (let i = 0; i < n; i++) yield i; }\n",
  sum:
    "export async function sum(items) { let s = 0; for await (const i of items) s += i; return s; }\n",
  twice: "export const twice = (n) => 2 * n;\n",
};

/** One of each kind. */
export const everyType = [
  "int",
  "float",
  "str",
  "bool",
  "bytes",
  "None",
  "List[int]",
  "Dict[str, float]",
  "Tuple[int, str]",
  "Optional[int]",
];

/** Its deployment. */
export const goldenDeployment: TestDeployment = {
  node: "s1",
  clients: [
    { name: "c1", ip: "127.0.0.1" },
    { name: "c2", ip: "127.0.0.1" },
    { name: "c3", ip: "127.0.0.1" },
    { name: "far", ip: "203.0.113.7" },
    { name: "port", ip: "203.0.113.8", port: 4711 },
  ],
  services: {
    math: {
      tenants: ["c1", "far", "port"],
      rpcs: {
        add: [
          { args: ["int", "int"], returns: ["int"], source: scripts.add },
          { args: ["str", "str"], returns: ["str"], source: scripts.concat },
        ],
        div_mod: {
          args: ["int", "int"],
          names: ["dividend", "divisor"],
          returns: ["int", "int"],
          source: scripts.div_mod,
        },
      },
    },
    kinds: {
      tenants: ["c1"],
      rpcs: {
        echo: { args: everyType, returns: everyType, source: scripts.echo },
        reverse: { args: ["bytes"], returns: ["bytes"], source: scripts.reverse },
        nothing: { source: scripts.nothing },
        fail: { args: ["str"], source: scripts.fail },
        lie: { returns: ["int"], source: scripts.lie },
        sleep: { args: ["int"], source: scripts.sleep },
      },
    },
    flows: {
      tenants: ["c3"],
      rpcs: {
        count: { args: ["int"], returns: ["Stream[int]"], source: scripts.count },
        sum: { args: ["Stream[int]"], returns: ["int"], source: scripts.sum },
      },
    },
    closed: { tenants: ["c2"], rpcs: { open: { source: scripts.open } } },
  },
};

/** The scripts' ids, by name. */
export async function goldenIds(): Promise<Ids> {
  const ids = new Map<string, string>();
  for (const [name, source] of Object.entries(scripts)) {
    ids.set(name, await scriptIdOf(bytesOf(source)));
  }
  return ids;
}
