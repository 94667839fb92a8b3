import { checkout } from "../_support/cli.ts";
import { repairSuite } from "./repair_suite.ts";

repairSuite("deno run", checkout);
