/** Confirmation before a deployment removes rpcs. */
import type { Plan } from "../../lib/deploy/mod.ts";
import { exitWouldChange } from "../exit_codes.ts";
import { isTerminal, printNote, Stopped, writeNote } from "../output.ts";

/**
 * On a terminal, asks before clients lose rpcs that they can call now.
 *
 * @throws {Stopped} If the answer is not yes.
 */
export async function confirmLosses(plan: Plan): Promise<void> {
  if (!Deno.stdin.isTerminal() || !isTerminal("stderr")) return;
  const losses = [
    ...plan.warnings,
    ...new Set(
      plan.nodes.flatMap(({ diff }) =>
        diff.services.flatMap(({ name, tenantsLost }) =>
          tenantsLost.map((client) => `service ${name} is closed to ${client}`)
        )
      ),
    ),
  ];
  if (losses.length === 0) return;
  for (const loss of losses.slice(0, shownMax)) printNote(`  ${loss}`);
  if (losses.length > shownMax) printNote(`  … and ${losses.length - shownMax} more`);
  writeNote("Clients will lose rpcs that they can call now. Deploy? [y/N] ");
  if (["y", "yes"].includes((await readAnswer()).trim().toLowerCase())) return;
  throw new Stopped("nothing was changed; --yes deploys without asking", exitWouldChange);
}

const shownMax = 10;

/** Reads a line; empty at the end of input. */
async function readAnswer(): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1024);
  let answer = "";
  while (!answer.includes("\n")) {
    const count = await Deno.stdin.read(buffer);
    if (count === null) break;
    answer += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return answer.split("\n", 1)[0]!;
}
