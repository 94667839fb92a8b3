import { tracesSuite } from "../cli/traces_suite.ts";
import { executable } from "./_executable.ts";

tracesSuite("compiled", executable);
