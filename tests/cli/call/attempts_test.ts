import { checkout } from "../../_support/checkout.ts";
import { attemptsSuite } from "./attempts_suite.ts";

attemptsSuite("deno run", checkout);
