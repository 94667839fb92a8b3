import { sharedFleetSuite } from "../cli/shared_fleet_suite.ts";
import { executable } from "./_executable.ts";

sharedFleetSuite("compiled", executable);
