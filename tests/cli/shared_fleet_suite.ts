/**
 * Commands and callers that need a fleet and do not change its nodes: they share two, because each fleet takes time to
 * start.
 */
import type { MakeProgram } from "../_support/commands/cli.ts";
import { fleetTest } from "../_support/nodes/fleet.ts";
import { badInput } from "./call/bad_input_suite.ts";
import { callAll } from "./call/call_all_suite.ts";
import { calls } from "./call/call_suite.ts";
import { callers } from "./call/callers_suite.ts";
import { completions } from "./call/complete_suite.ts";
import { explanations } from "./call/explain_suite.ts";
import { keys } from "./call/keys_suite.ts";
import { withoutFarcall } from "./network/protocol_suite.ts";
import { shellHabits } from "./call/shell_suite.ts";
import { types } from "./call/types_suite.ts";

/** Registers the tests of one way to run farcall. Those that end a node come last. */
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
