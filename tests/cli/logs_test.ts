import { checkout } from "../_support/cli.ts";
import { logsSuite } from "./logs_suite.ts";

logsSuite("deno run", checkout);
