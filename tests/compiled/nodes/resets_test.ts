import { resetsSuite } from "../../cli/nodes/resets_suite.ts";
import { executable } from "../_executable.ts";

resetsSuite("compiled", executable);
