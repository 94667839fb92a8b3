import { outputSuite } from "../../cli/commands/output_suite.ts";
import { executable } from "../_executable.ts";

outputSuite("compiled", executable);
