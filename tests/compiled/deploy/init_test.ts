import { initSuite } from "../../cli/deploy/init_suite.ts";
import { executable } from "../_executable.ts";

initSuite("compiled", executable);
