import { testInOwnNetwork } from "../../_support/network.ts";

testInOwnNetwork(
  "a node on another machine, over raw IP and UDP",
  new URL("./far_cases.ts", import.meta.url),
);
