import { checkout } from "../_support/cli.ts";
import { explainSuite } from "./explain_suite.ts";

explainSuite("deno run", checkout);
