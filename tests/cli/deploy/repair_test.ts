import { checkout } from "../../_support/checkout.ts";
import { repairSuite } from "./repair_suite.ts";

repairSuite("deno run", checkout);
