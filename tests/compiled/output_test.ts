import { outputSuite } from "../cli/output_suite.ts";
import { executable } from "./_executable.ts";

outputSuite("compiled", executable);
