import { checkout } from "../_support/checkout.ts";
import { ownNodeSuite } from "./own_node_suite.ts";

ownNodeSuite("deno run", checkout);
