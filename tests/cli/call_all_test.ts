import { checkout } from "../_support/checkout.ts";
import { callAllSuite } from "./call_all_suite.ts";

callAllSuite("deno run", checkout);
