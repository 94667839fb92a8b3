import { checkout } from "../../_support/checkout.ts";
import { scriptCallsCarriersSuite } from "./script_calls_carriers_suite.ts";

scriptCallsCarriersSuite("deno run", checkout, { choosesAddress: true });
