import { checkout } from "../_support/cli.ts";
import { monitorsSuite } from "./monitors_suite.ts";

monitorsSuite("deno run", checkout);
