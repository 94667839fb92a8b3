import { checkout } from "../../_support/checkout.ts";
import { tracesSuite } from "./traces_suite.ts";

tracesSuite("deno run", checkout);
