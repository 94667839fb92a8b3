import { newSuite } from "../../cli/scripts/new_suite.ts";
import { executable } from "../_executable.ts";

newSuite("compiled", executable);
