import { testInOwnNetwork } from "../../_support/network.ts";

testInOwnNetwork("the commands of peers, compiled", new URL("./peer_cases.ts", import.meta.url));
