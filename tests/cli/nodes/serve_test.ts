import { checkout } from "../../_support/checkout.ts";
import { serveSuite } from "./serve_suite.ts";

serveSuite("deno run", checkout);
