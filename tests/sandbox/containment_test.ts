import { checkout } from "../_support/checkout.ts";
import { containmentSuite } from "./containment_suite.ts";

containmentSuite("deno run", checkout);
