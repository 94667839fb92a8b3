import { checkout } from "../../_support/checkout.ts";
import { unavailableSuite } from "./unavailable_suite.ts";

unavailableSuite("deno run", checkout);
