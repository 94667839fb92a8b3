import { repairSuite } from "../cli/repair_suite.ts";
import { executable } from "./_executable.ts";

repairSuite("compiled", executable);
