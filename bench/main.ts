/**
 * `deno task bench [NAME] […]` runs one of the benches; `deno task bench list` lists them. Linux, two processors. Most
 * accept `--quick`.
 */
import { fileURLToPath } from "node:url";
import { updateBuiltFiles } from "../tools/bundle.ts";
import { formatTable } from "./measure/stats.ts";

const benches: Readonly<Record<string, readonly [module: string, what: string]>> = {
  peers: [
    "peers.ts",
    "farcall and its peers against a bare TCP echo; --quick without peers, --work for some of it (the default)",
  ],
  beside: [
    "beside.ts",
    "works of the first bench in this checkout and in another one, alternating",
  ],
  deploy: ["deploy.ts", "deployments: calls meanwhile, a thousand overloads, fifty nodes"],
  idle: ["idle.ts", "what idle connections cost a node, up to 10,000"],
  isolation: ["isolation.ts", "what running scripts in processes of their own costs, and gives"],
  keys: ["keys.ts", "looking for keys that come twice, beside decoding"],
  link: ["link.ts", "the road between server and executor, against others"],
  metrics: ["metrics.ts", "counting a call for monitors, and a scrape of many series"],
  "raw-ip": [
    "raw_ip/carriers.ts",
    "farcall over UDP and raw IP beside TCP: near, bulk, and a link that loses packets",
  ],
  "raw-ip-cpu": [
    "raw_ip/engine_cpu.ts",
    "processor time of the raw IP engine alone, by what is sent",
  ],
  "raw-ip-goodput": [
    "raw_ip/goodput.ts",
    "goodput of the raw IP engine over simulated links with loss",
  ],
  refusals: [
    "refusals.ts",
    "whether the time of a refusal tells what is missing from what is forbidden",
  ],
  nats: [
    "nats/relayed.ts",
    "calls and streams through a NATS server against direct ones, and bare requests of NATS",
  ],
  "nats-fleet": [
    "nats/fleet.ts",
    "1,000 nodes that join a fleet at a NATS server and follow its desired state",
  ],
  scale: ["scale.ts", "many services, many clients, two instances"],
  "script-calls": [
    "script_calls.ts",
    "a call of a script to another service, of its node and of another one",
  ],
  soak: ["soak.ts", "calls and deployments while nodes, executors, disks and connections fail"],
  start: ["start.ts", "farcall call from the shell, against a hello-world"],
  strangers: [
    "strangers.ts",
    "what strangers and tenants can do to a node, and what a client sees of it",
  ],
  streams: ["streams.ts", "bytes as a stream: speed against a bare connection, and memory"],
  tls: ["tls.ts", "what encryption costs a call"],
  types: ["types.ts", "what generated types of 2,000 overloads cost the type checker"],
};

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  const [first, ...rest] = Deno.args;
  const isNamed = first !== undefined && !first.startsWith("-");
  const name = isNamed ? first : "peers";
  if (!Object.hasOwn(benches, name)) {
    print(formatTable(Object.entries(benches).map(([bench, [, what]]) => [bench, what])));
    Deno.exit(name === "list" ? 0 : 2);
  }
  // Nodes start their executors from these, as with `deno task serve`.
  await updateBuiltFiles();
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      fileURLToPath(new URL(benches[name][0], import.meta.url)),
      ...(isNamed ? rest : Deno.args),
    ],
  }).spawn().status;
  Deno.exit(code);
}
