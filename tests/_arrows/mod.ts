/** The exact imports of each room. A room is a folder; those of lib/ are named without it. */
import { callerArrows } from "./callers.ts";
import { cliArrows } from "./cli.ts";
import { nodeArrows } from "./nodes.ts";
import { sharedArrows } from "./shared.ts";

export const arrows: Readonly<Record<string, readonly string[]>> = {
  ...cliArrows,
  ...callerArrows,
  ...nodeArrows,
  ...sharedArrows,
};
