import { checkout } from "../../_support/checkout.ts";
import { initSuite } from "./init_suite.ts";

initSuite("deno run", checkout);
