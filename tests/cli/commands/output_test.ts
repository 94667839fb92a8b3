import { checkout } from "../../_support/checkout.ts";
import { outputSuite } from "./output_suite.ts";

outputSuite("deno run", checkout);
