import { checkout } from "../_support/cli.ts";
import { tracesSuite } from "./traces_suite.ts";

tracesSuite("deno run", checkout);
