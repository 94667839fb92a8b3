import { checkout } from "../_support/checkout.ts";
import { badInputSuite } from "./bad_input_suite.ts";

badInputSuite("deno run", checkout);
