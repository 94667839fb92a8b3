import { checkout } from "../_support/checkout.ts";
import { completeSuite } from "./complete_suite.ts";

completeSuite("deno run", checkout);
