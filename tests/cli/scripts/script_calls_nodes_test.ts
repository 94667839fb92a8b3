import { checkout } from "../../_support/checkout.ts";
import { scriptCallsNodesSuite } from "./script_calls_nodes_suite.ts";

scriptCallsNodesSuite("deno run", checkout);
