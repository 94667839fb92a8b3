import { logsSuite } from "../cli/logs_suite.ts";
import { executable } from "./_executable.ts";

logsSuite("compiled", executable);
