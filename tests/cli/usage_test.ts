import { checkout } from "../_support/cli.ts";
import { usageSuite } from "./usage_suite.ts";

usageSuite("deno run", checkout);
