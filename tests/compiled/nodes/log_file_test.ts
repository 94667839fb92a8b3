import { logFileSuite } from "../../cli/nodes/log_file_suite.ts";
import { executable } from "../_executable.ts";

logFileSuite("compiled", executable);
