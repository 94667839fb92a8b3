import { testInOwnNetwork } from "../_support/network.ts";

testInOwnNetwork("peers on raw sockets", new URL("./raw_cases.ts", import.meta.url));
