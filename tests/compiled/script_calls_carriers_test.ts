import { scriptCallsCarriersSuite } from "../cli/script_calls_carriers_suite.ts";
import { executable } from "./_executable.ts";

scriptCallsCarriersSuite("compiled", executable, { choosesAddress: false });
