import { logSuite } from "../cli/log_suite.ts";
import { executable } from "./_executable.ts";

logSuite("compiled", executable);
