import { tracesSuite } from "../../cli/commands/traces_suite.ts";
import { executable } from "../_executable.ts";

tracesSuite("compiled", executable);
