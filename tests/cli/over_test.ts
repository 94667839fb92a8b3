import { checkout } from "../_support/cli.ts";
import { overSuite } from "./over_suite.ts";

overSuite("deno run", checkout);
