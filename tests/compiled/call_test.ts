import { callSuite } from "../cli/call_suite.ts";
import { executable } from "./_executable.ts";

callSuite("compiled", executable);
