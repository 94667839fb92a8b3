import { mcpSuite } from "../../cli/commands/mcp_suite.ts";
import { executable } from "../_executable.ts";

mcpSuite("compiled", executable);
