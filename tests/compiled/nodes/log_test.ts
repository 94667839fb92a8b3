import { logSuite } from "../../cli/nodes/log_suite.ts";
import { executable } from "../_executable.ts";

logSuite("compiled", executable);
