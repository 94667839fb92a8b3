import { typesSuite } from "../cli/types_suite.ts";
import { executable } from "./_executable.ts";

typesSuite("compiled", executable);
