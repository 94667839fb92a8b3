import { checkout } from "../../_support/checkout.ts";
import { monitorsSuite } from "./monitors_suite.ts";

monitorsSuite("deno run", checkout);
