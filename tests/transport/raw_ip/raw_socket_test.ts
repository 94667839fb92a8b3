import { testInOwnNetwork } from "../../_support/network.ts";

testInOwnNetwork(
  "raw socket: packets of a protocol of our own",
  new URL("./raw_socket_cases.ts", import.meta.url),
);
