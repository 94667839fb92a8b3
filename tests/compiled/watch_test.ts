import { watchSuite } from "../cli/watch_suite.ts";
import { executable } from "./_executable.ts";

watchSuite("compiled", executable);
