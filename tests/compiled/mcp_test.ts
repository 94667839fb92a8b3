import { mcpSuite } from "../cli/mcp_suite.ts";
import { executable } from "./_executable.ts";

mcpSuite("compiled", executable);
