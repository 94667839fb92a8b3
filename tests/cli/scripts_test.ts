import { checkout } from "../_support/cli.ts";
import { scriptsSuite } from "./scripts_suite.ts";

scriptsSuite("deno run", checkout);
