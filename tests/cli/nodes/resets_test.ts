import { checkout } from "../../_support/checkout.ts";
import { resetsSuite } from "./resets_suite.ts";

resetsSuite("deno run", checkout);
