import { checkout } from "../_support/cli.ts";
import { logSuite } from "./log_suite.ts";

logSuite("deno run", checkout);
