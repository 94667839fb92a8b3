/** Runs in a network of its own: see over_ip_test.ts. */
import { checkout } from "../../_support/checkout.ts";
import { rawIpSuite } from "./over_suite.ts";

rawIpSuite("deno run", checkout);
