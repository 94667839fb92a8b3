import { checkout } from "../_support/cli.ts";
import { outputSuite } from "./output_suite.ts";

outputSuite("deno run", checkout);
