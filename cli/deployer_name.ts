/** The deployer's name in nodes' logs and histories. */
import { userInfo } from "node:os";

/** `user@host`. */
export function deployerName(): string {
  return `${userName()}@${Deno.hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return `user ${Deno.uid()}`;
  }
}
