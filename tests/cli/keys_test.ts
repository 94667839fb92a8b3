import { checkout } from "../_support/checkout.ts";
import { keysSuite } from "./keys_suite.ts";

keysSuite("deno run", checkout);
