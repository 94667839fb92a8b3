import { checkout } from "../../_support/checkout.ts";
import { scriptCallsSuite } from "./script_calls_suite.ts";

scriptCallsSuite("deno run", checkout);
