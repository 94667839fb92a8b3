import { initSuite } from "../cli/init_suite.ts";
import { executable } from "./_executable.ts";

initSuite("compiled", executable);
