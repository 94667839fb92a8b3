import { checkout } from "../_support/cli.ts";
import { initSuite } from "./init_suite.ts";

initSuite("deno run", checkout);
