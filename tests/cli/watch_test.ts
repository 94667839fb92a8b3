import { checkout } from "../_support/cli.ts";
import { watchSuite } from "./watch_suite.ts";

watchSuite("deno run", checkout);
