import { checkout } from "../../_support/checkout.ts";
import { usageSuite } from "./usage_suite.ts";

usageSuite("deno run", checkout);
