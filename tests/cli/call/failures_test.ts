import { checkout } from "../../_support/checkout.ts";
import { failuresSuite } from "./failures_suite.ts";

failuresSuite("deno run", checkout);
