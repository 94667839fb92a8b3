import { repairSuite } from "../../cli/deploy/repair_suite.ts";
import { executable } from "../_executable.ts";

repairSuite("compiled", executable);
