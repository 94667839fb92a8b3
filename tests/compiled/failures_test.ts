import { failuresSuite } from "../cli/failures_suite.ts";
import { executable } from "./_executable.ts";

failuresSuite("compiled", executable);
