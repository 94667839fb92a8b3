import { testInOwnNetwork } from "../_support/network.ts";
import { needing } from "../_support/programs.ts";

const what =
  "three commands bring up a server and three nodes, one of them in another network, and call each";
const { name, ignore } = needing("nats-server", what);

if (ignore) Deno.test({ name, ignore, fn: () => {} });
else testInOwnNetwork(name, new URL("./_quick_start_cases.ts", import.meta.url));
