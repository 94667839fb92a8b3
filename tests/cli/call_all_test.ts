import { checkout } from "../_support/cli.ts";
import { callAllSuite } from "./call_all_suite.ts";

callAllSuite("deno run", checkout);
