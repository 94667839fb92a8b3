import { checkout } from "../_support/checkout.ts";
import { typesSuite } from "./types_suite.ts";

typesSuite("deno run", checkout);
