import { scriptCallsNodesSuite } from "../../cli/scripts/script_calls_nodes_suite.ts";
import { executable } from "../_executable.ts";

scriptCallsNodesSuite("compiled", executable);
