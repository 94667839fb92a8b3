import { attemptsSuite } from "../../cli/call/attempts_suite.ts";
import { executable } from "../_executable.ts";

attemptsSuite("compiled", executable);
