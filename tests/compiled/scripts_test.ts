import { scriptsSuite } from "../cli/scripts_suite.ts";
import { executable } from "./_executable.ts";

scriptsSuite("compiled", executable);
