import { checkout } from "../../_support/checkout.ts";
import { embeddedSuite } from "./embedded_suite.ts";

embeddedSuite("deno run", checkout);
