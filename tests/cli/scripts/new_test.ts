import { checkout } from "../../_support/checkout.ts";
import { newSuite } from "./new_suite.ts";

newSuite("deno run", checkout);
