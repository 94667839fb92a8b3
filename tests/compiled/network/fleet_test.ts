import { fleetSuite } from "../../cli/network/fleet_suite.ts";
import { executable } from "../_executable.ts";

fleetSuite("compiled", executable);
