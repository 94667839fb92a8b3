import { checkout } from "../../_support/checkout.ts";
import { deployKeysSuite } from "./deploy_keys_suite.ts";

deployKeysSuite("deno run", checkout);
