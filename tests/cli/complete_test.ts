import { checkout } from "../_support/cli.ts";
import { completeSuite } from "./complete_suite.ts";

completeSuite("deno run", checkout);
