import { checkout } from "../_support/cli.ts";
import { mcpSuite } from "./mcp_suite.ts";

mcpSuite("deno run", checkout);
