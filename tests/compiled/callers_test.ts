import { callersSuite } from "../cli/callers_suite.ts";
import { executable } from "./_executable.ts";

callersSuite("compiled", executable);
