import { callAllSuite } from "../cli/call_all_suite.ts";
import { executable } from "./_executable.ts";

callAllSuite("compiled", executable);
