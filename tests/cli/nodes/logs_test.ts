import { checkout } from "../../_support/checkout.ts";
import { logsSuite } from "./logs_suite.ts";

logsSuite("deno run", checkout);
