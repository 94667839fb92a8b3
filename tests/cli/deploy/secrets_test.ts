import { checkout } from "../../_support/checkout.ts";
import { secretsSuite } from "./secrets_suite.ts";

secretsSuite("deno run", checkout);
