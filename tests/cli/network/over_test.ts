import { checkout } from "../../_support/checkout.ts";
import { overSuite } from "./over_suite.ts";

overSuite("deno run", checkout);
