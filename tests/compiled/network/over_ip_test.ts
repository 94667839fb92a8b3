import { testInOwnNetwork } from "../../_support/network.ts";

testInOwnNetwork("farcall over raw IP, compiled", new URL("./over_ip_cases.ts", import.meta.url));
