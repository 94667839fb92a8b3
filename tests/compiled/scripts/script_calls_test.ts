import { scriptCallsSuite } from "../../cli/scripts/script_calls_suite.ts";
import { executable } from "../_executable.ts";

scriptCallsSuite("compiled", executable);
