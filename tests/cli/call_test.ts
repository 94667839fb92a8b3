import { checkout } from "../_support/checkout.ts";
import { callSuite } from "./call_suite.ts";

callSuite("deno run", checkout);
