import { checkout } from "../../_support/checkout.ts";
import { scriptsSuite } from "./scripts_suite.ts";

scriptsSuite("deno run", checkout);
