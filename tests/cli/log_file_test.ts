import { checkout } from "../_support/cli.ts";
import { logFileSuite } from "./log_file_suite.ts";

logFileSuite("deno run", checkout);
