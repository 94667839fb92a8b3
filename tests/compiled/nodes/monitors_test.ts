import { monitorsSuite } from "../../cli/nodes/monitors_suite.ts";
import { executable } from "../_executable.ts";

monitorsSuite("compiled", executable);
