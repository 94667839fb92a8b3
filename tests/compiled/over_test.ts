import { overSuite } from "../cli/over_suite.ts";
import { executable } from "./_executable.ts";

overSuite("compiled", executable);
