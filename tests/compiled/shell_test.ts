import { shellSuite } from "../cli/shell_suite.ts";
import { executable } from "./_executable.ts";

shellSuite("compiled", executable);
