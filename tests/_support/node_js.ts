/** Finds Node.js, for code built for it. Not related to farcall's nodes. */
import { type Need, program } from "./programs.ts";

const majorMin = 22;

let found: string | undefined;

/** The path of a recent Node.js: from PATH, else from npx; undefined if there is neither. */
function nodeJsPath(): string | undefined {
  if (found !== undefined) return found;
  const version = outputOf("node", ["--version"]);
  const isNewEnough = Number(/^v(\d+)\./.exec(version ?? "")?.[1]) >= majorMin;
  found = isNewEnough
    ? "node"
    : outputOf("npx", ["--yes", "--package", `node@${majorMin}`, "--", "which", "node"]);
  return found;
}

/** @throws {Error} If there is none: tests check {@linkcode nodeJs} first. */
export function nodeJsCommand(): string {
  const path = nodeJsPath();
  if (path === undefined) throw new Error(`there is no Node.js ${majorMin} here`);
  return path;
}

/** Node.js and npm. */
export const nodeJs: Need = {
  name: `Node.js ${majorMin}`,
  isMet: () => program("npm").isMet() && nodeJsPath() !== undefined,
};

function outputOf(command: string, args: string[]): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
