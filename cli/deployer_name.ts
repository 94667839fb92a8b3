/** The deployer's name, as nodes' logs and histories have it. */
import { userInfo } from "node:os";

/** `user@host`. */
export function deployerName(): string {
  return `${userName()}@${Deno.hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user of a container may have no name.
    return `user ${Deno.uid()}`;
  }
}
