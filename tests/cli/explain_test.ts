import { checkout } from "../_support/checkout.ts";
import { explainSuite } from "./explain_suite.ts";

explainSuite("deno run", checkout);
