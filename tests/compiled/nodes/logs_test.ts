import { logsSuite } from "../../cli/nodes/logs_suite.ts";
import { executable } from "../_executable.ts";

logsSuite("compiled", executable);
