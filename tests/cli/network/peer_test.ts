import { testInOwnNetwork } from "../../_support/network.ts";

testInOwnNetwork("the commands of peers, deno run", new URL("./peer_cases.ts", import.meta.url));
