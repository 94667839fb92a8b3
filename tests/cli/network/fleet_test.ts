import { checkout } from "../../_support/checkout.ts";
import { fleetSuite } from "./fleet_suite.ts";

fleetSuite("deno run", checkout);
