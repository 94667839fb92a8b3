import { checkout } from "../_support/cli.ts";
import { shellSuite } from "./shell_suite.ts";

shellSuite("deno run", checkout);
