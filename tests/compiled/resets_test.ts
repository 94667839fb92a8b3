import { resetsSuite } from "../cli/resets_suite.ts";
import { executable } from "./_executable.ts";

resetsSuite("compiled", executable);
