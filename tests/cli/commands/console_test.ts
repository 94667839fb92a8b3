import { checkout } from "../../_support/checkout.ts";
import { consoleSuite } from "./console_suite.ts";

consoleSuite("deno run", checkout);
