import { checkout } from "../_support/cli.ts";
import { callersSuite } from "./callers_suite.ts";

callersSuite("deno run", checkout);
