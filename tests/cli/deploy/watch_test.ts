import { checkout } from "../../_support/checkout.ts";
import { watchSuite } from "./watch_suite.ts";

watchSuite("deno run", checkout);
