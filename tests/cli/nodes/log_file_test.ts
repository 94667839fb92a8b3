import { checkout } from "../../_support/checkout.ts";
import { logFileSuite } from "./log_file_suite.ts";

logFileSuite("deno run", checkout);
