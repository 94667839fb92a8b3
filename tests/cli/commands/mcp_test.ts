import { checkout } from "../../_support/checkout.ts";
import { mcpSuite } from "./mcp_suite.ts";

mcpSuite("deno run", checkout);
