import { badInputSuite } from "../cli/bad_input_suite.ts";
import { executable } from "./_executable.ts";

badInputSuite("compiled", executable);
