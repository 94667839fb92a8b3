import { checkout } from "../../_support/checkout.ts";
import { durableSuite } from "./durable_suite.ts";

durableSuite("deno run", checkout);
