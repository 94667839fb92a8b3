import { checkout } from "../../_support/checkout.ts";
import { patienceSuite } from "./patience_suite.ts";

patienceSuite("deno run", checkout);
