import { failuresSuite } from "../../cli/call/failures_suite.ts";
import { executable } from "../_executable.ts";

failuresSuite("compiled", executable);
