import { watchSuite } from "../../cli/deploy/watch_suite.ts";
import { executable } from "../_executable.ts";

watchSuite("compiled", executable);
