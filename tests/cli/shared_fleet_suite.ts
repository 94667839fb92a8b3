/** Commands and callers that need a fleet and leave its nodes alone: they share two, since each fleet takes its time. */
import type { MakeProgram } from "../_support/cli.ts";
import { fleetTest } from "../_support/fleet.ts";
import { badInput } from "./bad_input_suite.ts";
import { callAll } from "./call_all_suite.ts";
import { calls } from "./call_suite.ts";
import { callers } from "./callers_suite.ts";
import { completions } from "./complete_suite.ts";
import { explanations } from "./explain_suite.ts";
import { keys } from "./keys_suite.ts";
import { withoutFarcall } from "./protocol_suite.ts";
import { shellHabits } from "./shell_suite.ts";
import { types } from "./types_suite.ts";

/** Registers the tests of one way to run farcall. Those come last that end a node. */
export function sharedFleetSuite(name: string, make: MakeProgram): void {
  fleetTest(`what init refuses, and calls, ${name}`, make, [badInput, calls]);
  fleetTest(`commands and callers of one fleet, ${name}`, make, [
    keys,
    callAll,
    shellHabits,
    completions,
    types,
    callers,
    explanations,
    withoutFarcall,
  ]);
}
