import { checkout } from "../../_support/checkout.ts";
import { logSuite } from "./log_suite.ts";

logSuite("deno run", checkout);
