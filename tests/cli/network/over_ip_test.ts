import { testInOwnNetwork } from "../../_support/network.ts";

testInOwnNetwork("farcall over raw IP", new URL("./over_ip_cases.ts", import.meta.url));
