import { checkout } from "../_support/checkout.ts";
import { grantedNamesSuite, grantedSuite } from "./granted_suite.ts";

grantedSuite("deno run", checkout);
grantedNamesSuite("deno run", checkout);
