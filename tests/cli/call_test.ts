import { checkout } from "../_support/cli.ts";
import { callSuite } from "./call_suite.ts";

callSuite("deno run", checkout);
