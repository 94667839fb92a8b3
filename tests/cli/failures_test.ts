import { checkout } from "../_support/cli.ts";
import { failuresSuite } from "./failures_suite.ts";

failuresSuite("deno run", checkout);
