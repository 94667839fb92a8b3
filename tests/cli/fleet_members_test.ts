import { checkout } from "../_support/cli.ts";
import { fleetSuite } from "./fleet_suite.ts";

fleetSuite("deno run", checkout);
