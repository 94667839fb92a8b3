import { monitorsSuite } from "../cli/monitors_suite.ts";
import { executable } from "./_executable.ts";

monitorsSuite("compiled", executable);
