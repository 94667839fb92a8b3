import { checkout } from "../_support/checkout.ts";
import { callersSuite } from "./callers_suite.ts";

callersSuite("deno run", checkout);
