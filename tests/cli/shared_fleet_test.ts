import { checkout } from "../_support/checkout.ts";
import { sharedFleetSuite } from "./shared_fleet_suite.ts";

sharedFleetSuite("deno run", checkout);
