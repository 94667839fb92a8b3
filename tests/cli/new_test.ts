import { checkout } from "../_support/cli.ts";
import { newSuite } from "./new_suite.ts";

newSuite("deno run", checkout);
