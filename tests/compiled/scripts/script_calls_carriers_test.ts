import { scriptCallsCarriersSuite } from "../../cli/scripts/script_calls_carriers_suite.ts";
import { executable } from "../_executable.ts";

scriptCallsCarriersSuite("compiled", executable, { choosesAddress: false });
