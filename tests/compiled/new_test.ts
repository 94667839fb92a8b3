import { newSuite } from "../cli/new_suite.ts";
import { executable } from "./_executable.ts";

newSuite("compiled", executable);
