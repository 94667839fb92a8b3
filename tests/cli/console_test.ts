import { checkout } from "../_support/cli.ts";
import { consoleSuite } from "./console_suite.ts";

consoleSuite("deno run", checkout);
