import { fleetSuite } from "../cli/fleet_suite.ts";
import { executable } from "./_executable.ts";

fleetSuite("compiled", executable);
