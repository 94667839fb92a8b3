import { scriptsSuite } from "../../cli/scripts/scripts_suite.ts";
import { executable } from "../_executable.ts";

scriptsSuite("compiled", executable);
